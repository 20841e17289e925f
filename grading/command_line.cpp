#include "grading/command_line.h"

#include "grading/session.h"

#include <stdexcept>

#include <CLI/CLI.hpp>

namespace grading {

int end_of_parsing(CLI::App& app, const CLI::ParseError& error, const std::string& program)
{
    app.failure_message([&program](const CLI::App*, const CLI::Error& what) {
        return program + ": " + what.what() + " (see --help)\n";
    });
    return app.exit(error) == 0 ? exit_graded : exit_usage;
}

void check_outside(const std::filesystem::path& out, const std::filesystem::path& submissions)
{
    const auto within = std::filesystem::weakly_canonical(out).lexically_relative(
        std::filesystem::weakly_canonical(submissions));
    if (!within.empty() && *within.begin() != "..") {
        throw std::invalid_argument("--out " + out.string() +
                                    " is within the submissions, and would count as somebody's; "
                                    "choose a folder outside");
    }
}

} // namespace grading
