// Compiles a submission, which may try to make the compiler run for ever.
#pragma once

#include "grading/interrupt.h"
#include "grading/layout.h"
#include "grading/record.h"

#include <filesystem>
#include <string>

namespace grading {

struct CompileOptions {
    // How: a line with {source} and {program} in it, as make writes it to BUILD/compile/LAB.
    std::string command;
    std::filesystem::path scratch;   // a folder of our own
    std::string name = "server";     // of the program there
    const Layout* jail = nullptr;    // borrowed; null: without a jail
    bool bare = false;               // … or with what there is without namespaces
    harness::Seconds time_limit{30}; // that it could use: on an idle machine, the clock's
};

struct Compiled {
    Outcome outcome = Outcome::graded; // so far; else why there is no program
    std::string sentence;
    std::string output;           // the compiler's; the submission's folder as it was given
    std::filesystem::path source; // our copy, of what was compiled; empty when there is none
    std::filesystem::path program;
};

// Of the folder's server.cpp, which must be a regular file. Throws Interrupted, with the compiler
// gone, and std::runtime_error when the command itself is no good.
// The caller must be a subreaper (harness::become_subreaper) and have no other children.
Compiled compile(const std::filesystem::path& submission, const CompileOptions& options,
                 Interrupt& interrupt);

} // namespace grading
