// A record that is there, in another format: nothing is graded.
#pragma once

#include "grading/layout.h"

#include <filesystem>
#include <string>

namespace grading {

// To the file `out`, or stdout when there is none. Throws std::invalid_argument for a record that
// cannot be read.
void export_record(const std::filesystem::path& record, const std::string& format,
                   const std::filesystem::path& out, const Layout& layout);

} // namespace grading
