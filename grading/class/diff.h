// Two gradebooks: whose marks differ, in which test, and why.
#pragma once

#include <filesystem>
#include <string>

namespace grading {

// Each is an OUT folder, or a gradebook.json within one. A line a mark that differs, with one below
// it for each test whose verdict does; then how many. Throws std::invalid_argument for what is
// neither.
std::string differences(const std::filesystem::path& before, const std::filesystem::path& after);

} // namespace grading
