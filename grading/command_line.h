// What the command lines of the grading have in common: how they end, and what they check first.
#pragma once

#include "grading/layout.h"

#include <filesystem>
#include <functional>
#include <string>

namespace CLI {
class App;
} // namespace CLI

namespace grading {

// The main of a program; gives its exit status. What is thrown becomes one line on stderr:
// CLI::ParseError and std::invalid_argument exit_usage, any other exception exit_infrastructure.
// What options are bound to must live longer than the call: not within `run`.
int main_of(const std::string& program, const std::string& description,
            const std::function<int(CLI::App&)>& run);

// Each throws std::invalid_argument that names the flag and what to do.

// --root, and with `built` --build: are they what they say?
void check_layout(const Layout& layout, bool built);

// Can a file be written there? Found out before the work, not after it.
void check_writable(const std::string& flag, const std::filesystem::path& file);

// Not within the submissions: what is written there would be handed in with the next run, as
// somebody's work.
void check_outside(const std::filesystem::path& out, const std::filesystem::path& submissions);

} // namespace grading
