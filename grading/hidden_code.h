// What a server.cpp hides from ThreadSanitizer: code that is compiled only with it or only without
// it, and code that it is told to pass over. Looked for where the preprocessor has done its work,
// so that no macro and no paste of tokens hides it. Who does none of this is not accused.
//
// It stops whoever tries what comes to mind; who reads the file sees the rest. That is assembler; a
// line that says of the next ones that they are a system header's, or a macro that such a header
// expands; a macro that differs between MODE=debug and MODE=tsan (__OPTIMIZE__) where it is no
// condition, for honest lines differ by it as well: htons is a macro with it; a name put together
// of two texts; and what a program finds out about itself when it runs. The quick loop, make test,
// does not look: its verdicts are no marks.
#pragma once

#include "grading/compile.h"

#include <filesystem>
#include <string>

namespace grading {

// "line 12 hides code from ThreadSanitizer: no_sanitize", or empty. Of a submission that compiles,
// both by `first_command` and by that of MODE=tsan, `options.command`; the scratch folder is made.
// Throws as compile() does.
std::string hidden_code(const std::filesystem::path& submission, const CompileOptions& options,
                        const std::string& first_command, Interrupt& interrupt);

} // namespace grading
