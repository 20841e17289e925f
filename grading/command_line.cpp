#include "grading/command_line.h"

#include "grading/session.h"

#include <CLI/CLI.hpp>

namespace grading {

int end_of_parsing(CLI::App& app, const CLI::ParseError& error, const std::string& program)
{
    app.failure_message([&program](const CLI::App*, const CLI::Error& what) {
        return program + ": " + what.what() + " (see --help)\n";
    });
    return app.exit(error) == 0 ? exit_graded : exit_usage;
}

} // namespace grading
