// What a student sees between two tries: the next hint, and how far each lab has come.
#pragma once

#include "grading/layout.h"

#include <optional>
#include <string>

namespace grading {

// The next of the three hints for this task, or for the first task that fails in the lab's record;
// remembers that it was shown. Throws std::invalid_argument when there is no such task, or no
// record to tell which one fails.
std::string next_hint(const Layout& layout, const std::string& lab, std::optional<int> task);

// Every lab, with its marks so far.
std::string progress_table(const Layout& layout);

} // namespace grading
