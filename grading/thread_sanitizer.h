// ThreadSanitizer on this machine, for the labs whose rubric says `thread_sanitizer: true`: their
// servers are compiled a second time, with the command of MODE=tsan.
#pragma once

#include "grading/compile.h"

#include <filesystem>
#include <string>

namespace grading {

struct ThreadSanitizer {
    std::string why_none;               // empty: programs can be built with it, and run
    bool without_randomisation = false; // they must be started by setarch -R

    // The command for a program built with it, of the command that starts it.
    [[nodiscard]] std::string command_for(const std::string& command) const;
};

// Finds out with a program of our own: no submission can talk its way out of being looked at.
// `options.command` is that of MODE=tsan; the scratch folder is made. Throws as compile() does.
ThreadSanitizer find_thread_sanitizer(const CompileOptions& options, Interrupt& interrupt);

} // namespace grading
