// How the command lines of the grading end when they cannot be understood.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace grading {

// Prints help, or in one line what is wrong; gives the exit status, 0 or 2.
int end_of_parsing(CLI::App& app, const CLI::ParseError& error, const std::string& program);

} // namespace grading
