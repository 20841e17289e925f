#include "grading/command_line.h"

#include "grading/session.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace grading {

namespace fs = std::filesystem;

namespace {

int end_of_parsing(CLI::App& app, const CLI::ParseError& error, const std::string& program)
{
    app.failure_message([&program](const CLI::App*, const CLI::Error& what) {
        return program + ": " + what.what() + " (see --help)\n";
    });
    return app.exit(error) == 0 ? exit_graded : exit_usage;
}

void complain(const std::string& program, const std::exception& error)
{
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
}

} // namespace

int main_of(const std::string& program, const std::string& description,
            const std::function<int(CLI::App&)>& run)
{
    try {
        CLI::App app(description);
        try {
            return run(app);
        } catch (const CLI::ParseError& error) {
            return end_of_parsing(app, error, program);
        }
    } catch (const std::invalid_argument& error) {
        complain(program, error);
        return exit_usage;
    } catch (const std::exception& error) {
        complain(program, error);
        return exit_infrastructure;
    }
}

void check_layout(const Layout& layout, bool built)
{
    std::error_code hidden;
    if (!fs::is_directory(layout.rubric("any").parent_path(), hidden)) {
        throw std::invalid_argument("--root " + layout.root.string() +
                                    ": no grading/rubrics there; it is the folder of the Makefile");
    }
    const fs::path programs = layout.jail().parent_path();
    if (built && !fs::is_directory(programs, hidden)) {
        throw std::invalid_argument("--build " + layout.build.string() + ": there is no " +
                                    programs.string() +
                                    "; make tools, or name the folder of a MODE that is built");
    }
}

void check_writable(const std::string& flag, const fs::path& file)
{
    const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
    std::error_code hidden;
    if (fs::is_directory(file, hidden)) {
        throw std::invalid_argument(flag + " " + file.string() + " is a folder; a file is wanted");
    }
    // A terminal, a pipe or a link is written into; a file is put in the place of the one before.
    const auto status = fs::symlink_status(file, hidden);
    const bool into = fs::exists(status) && !fs::is_regular_file(status);
    if (::access(into ? file.c_str() : folder.c_str(), into ? W_OK : W_OK | X_OK) == -1) {
        throw std::invalid_argument(flag + " " + file.string() +
                                    " cannot be written: " + std::strerror(errno));
    }
}

void check_outside(const fs::path& out, const fs::path& submissions)
{
    const auto within =
        fs::weakly_canonical(out).lexically_relative(fs::weakly_canonical(submissions));
    if (!within.empty() && *within.begin() != "..") {
        throw std::invalid_argument("--out " + out.string() +
                                    " is within the submissions, and would count as somebody's; "
                                    "choose a folder outside");
    }
}

} // namespace grading
