// The tests of the tests.
//
//     matrix: every chaff, a wrong server, is caught by the test that is its own; every wheat, a
//             right server built another way, passes all
//     stress: every test on every right server, many times, on a machine that is busy otherwise
//     judge:  one server, for the matrix
//
// What a specimen looks like: README.md beside this file.

#include "grading/interrupt.h"
#include "tests/harness/spawn.h"
#include "tests/specimens/commands.h"

#include <cstdio>
#include <functional>
#include <stdexcept>

#include <CLI/CLI.hpp>

namespace {

using namespace specimens;

constexpr int exit_usage = 2;
constexpr int exit_broken = 3;

void add_options(CLI::App& app, Arguments& arguments)
{
    app.add_option("--build", arguments.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--jobs", arguments.jobs, "tests at a time; 0: as many as suit");
    app.add_option("LAB", arguments.labs, "02 or 02-fork; all labs when there is none");
}

// The program's work, as the command line wants it.
using Work = std::function<int(const Arguments&, const std::vector<std::string>& labs)>;

Work parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    app.require_subcommand(1);
    CLI::App* const matrix = app.add_subcommand(
        "matrix", "wrong servers are caught by their test, unusual right ones pass");
    CLI::App* const stress =
        app.add_subcommand("stress", "every test on every right server, many times, under load");
    CLI::App* const judge = app.add_subcommand("judge", "one server, for the matrix");
    for (CLI::App* const command : {matrix, stress, judge}) {
        add_options(*command, arguments);
    }
    matrix->add_option("--only", arguments.only, "one specimen alone");
    stress->add_option("--only", arguments.only, "one test alone");
    stress->add_option("--times", arguments.times, "how often")->check(CLI::PositiveNumber);
    judge->add_option("--server", arguments.server, "the command that starts it")->required();
    judge->add_option("--tsan-server", arguments.tsan_server,
                      "… of its second build, with ThreadSanitizer");
    judge->add_option("--out", arguments.out, "file for the record")->required();
    judge->get_option("LAB")->required();
    app.parse(argc, argv);
    return matrix->parsed() ? run_matrix : stress->parsed() ? run_stress : run_judge;
}

int run(int argc, char* argv[])
{
    CLI::App app("Tests the tests: specimens of wrong and right servers.");
    Arguments arguments;
    Work work;
    try {
        work = parse(argc, argv, app, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    std::vector<std::string> labs;
    for (const std::string& name : arguments.labs) {
        labs.push_back(grading::find_lab(arguments.layout, name));
    }
    harness::become_subreaper();
    return work(arguments, labs.empty() ? labs_in(arguments.layout) : labs);
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run(argc, argv);
    } catch (const grading::Interrupted&) {
        return exit_interrupted;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "specimens: %s\n", error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "specimens: %s\n", error.what());
        return exit_broken;
    }
}
