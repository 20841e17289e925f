// What a server.cpp hides from ThreadSanitizer: code that is compiled only with it or only without
// it, and code that it is told to pass over. Looked for where the preprocessor has done its work,
// so that no macro and no paste of tokens hides it. Who does none of this is never accused.
//
// Left are assembler, which ThreadSanitizer does not see; __OPTIMIZE__, by which the first build of
// MODE=debug differs as well (and so do honest lines: htons is a macro with it); and what a program
// finds out about itself when it runs, for a sanitized one is another: its name, its libraries in
// /proc/self/maps, a symbol that dlsym finds by a name put together at run time. The quick loop,
// make test, does not look: its verdicts are no marks.
#pragma once

#include "grading/compile.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace grading {

// What the preprocessor makes of one server.cpp.
struct Preprocessed {
    std::string with;    // -fsanitize=thread
    std::string without; // it
};

// "line 12 hides code from ThreadSanitizer: no_sanitize", or empty.
std::string hidden_code(const Preprocessed& text, std::string_view source);

// The same of a submission, which compiles. `options.command` is that of MODE=tsan; the scratch
// folder is made. Throws as compile() does.
std::string hidden_code_of(const std::filesystem::path& submission, const CompileOptions& options,
                           Interrupt& interrupt);

} // namespace grading
