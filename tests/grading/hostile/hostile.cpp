// Hands in what a hostile student could, and looks whether the jail holds.
//
//     hostile [--only NAME] [--quick]: a table, then an honest submission that nobody has touched
//     hostile watch: the part of it that runs in the cage
//     hostile contained -- COMMAND …: runs one as in a container that allows no namespaces
//
// What a submission looks like: README.md beside this file.

#include "grading/jail/cgroup.h"
#include "tests/grading/hostile/cage.h"
#include "tests/grading/hostile/session.h"
#include "tests/grading/hostile/submission.h"

#include <cstdio>
#include <stdexcept>

#include <CLI/CLI.hpp>

namespace {

using namespace hostile;

constexpr int exit_usage = 2;
constexpr int exit_broken = 3;
constexpr int exit_interrupted = 130;

struct Arguments {
    Options options;
    bool list = false;
    std::filesystem::path out;        // of watch
    std::vector<std::string> grader;  // of watch
    std::vector<std::string> command; // of contained
};

void add_options(CLI::App& app, Arguments& arguments)
{
    app.add_option("--build", arguments.options.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--only", arguments.options.only, "one submission, or several with commas")
        ->delimiter(',');
    app.add_option("--tier", arguments.options.tier, "of the jail; default: the grader's choice")
        ->check(CLI::IsMember({"A", "B", "C", "D"}));
    app.add_flag("--quick", arguments.options.quick, "a dozen that take little time");
    app.add_flag("--without-namespaces", arguments.options.without_namespaces,
                 "as in a container that allows none");
    app.add_flag("--list", arguments.list, "print the names");
}

// A grader in the cage sees no process outside of it, and so could not make way for its pods'
// cgroups: we do, where there are any.
void make_way_for_cgroups()
{
    try {
        const grading::CgroupHome home;
    } catch (const std::exception&) {
        // the grader in the cage says why
    }
}

int run(int argc, char* argv[])
{
    CLI::App app("Hands in what a hostile student could, and looks whether the jail holds.");
    Arguments arguments;
    add_options(app, arguments);
    CLI::App* const inside = app.add_subcommand("watch", "the part that runs in the cage");
    inside->add_option("--out", arguments.out, "folder for what it sees")->required();
    inside->add_option("GRADER", arguments.grader, "the command to watch")->required();
    CLI::App* const contained =
        app.add_subcommand("contained", "runs a command as in a container without namespaces");
    contained->add_option("COMMAND", arguments.command)->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (inside->parsed()) {
        return watch(arguments.out, arguments.grader);
    }
    if (contained->parsed()) {
        become_contained(arguments.command);
    }
    if (arguments.list) {
        for (const Submission& submission : submissions_in(submissions_folder)) {
            std::printf("%-26s %s\n", submission.name.c_str(), submission.tries.c_str());
        }
        return 0;
    }
    harness::become_subreaper();
    make_way_for_cgroups();
    return run_all(arguments.options);
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run(argc, argv);
    } catch (const grading::Interrupted&) {
        return exit_interrupted;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "hostile: %s\n", error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hostile: %s\n", error.what());
        return exit_broken;
    }
}
