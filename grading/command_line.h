// How the command lines of the grading end when they cannot be understood.
#pragma once

#include <filesystem>
#include <string>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace grading {

// Prints help, or in one line what is wrong; gives the exit status, 0 or 2.
int end_of_parsing(CLI::App& app, const CLI::ParseError& error, const std::string& program);

// Throws std::invalid_argument when `out` is within the submissions: what is written there would be
// handed in with the next run, as somebody's work.
void check_outside(const std::filesystem::path& out, const std::filesystem::path& submissions);

} // namespace grading
