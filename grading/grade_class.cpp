// grade-class: the command line of grading a class.

#include "grading/class/class_run.h"
#include "grading/class/diff.h"
#include "grading/class/work.h"
#include "grading/command_line.h"
#include "grading/session.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

struct Arguments {
    ClassRequest request;
    std::vector<std::string> labs;
    std::string handing = "auto";
    std::vector<std::string> diff;
    std::vector<std::string> regrade;
    bool work = false;
    WorkOptions range;
};

constexpr const char* description =
    R"(Grades a class: every submission of a folder, on one lab or several, into records and a gradebook.

SUBMISSIONS holds a folder, zip or tarball a student, or a platform's export: Gradescope, Canvas,
Moodle, GitHub clones. Killed at any instant, the same command goes on where it was; with nothing
changed it grades nothing. In OUT: gradebook.csv, gradebook.json, index.html, students/,
tests.csv, bugs.csv, notes.txt, run.json, records/.)";

constexpr const char* more = R"(
A policy is a YAML file, every part of it optional:
  attempts: last              # or best, after what lateness costs
  late: {percent_per_day: 10, grace_hours: 1, most_percent: 50}    # of a lab's marks
  cap_percent: 100            # extra credit included
  labs: {01: {due: 2026-10-01T23:59:00+02:00}, 02: {due: …, cap_percent: 110}}
  extensions: {alice: {01: 2026-10-05T23:59:00+02:00}}
  extra: {bob: {01: 5}}
Exit: 0, or 2 wrong usage, 3 some mark is open because the grader failed, 130 interrupted.)";

void add_options(CLI::App& app, Arguments& arguments)
{
    ClassRequest& request = arguments.request;
    app.add_option("--submissions", request.submissions, "folder with the class's work");
    app.add_option("--out", request.out, "folder for records and gradebook, made when missing");
    app.add_option("--lab", arguments.labs, "labs: 02 or 02-fork; default: all")->delimiter(',');
    app.add_option("--layout", arguments.handing,
                   "auto, plain, gradescope, canvas, moodle or github");
    app.add_option("--assignment", request.handing.assignment,
                   "of GitHub clones called ASSIGNMENT-USERNAME");
    app.add_option("--policy", request.policy, "YAML: due dates, lateness, attempts (see below)");
    app.add_option("--jobs", request.jobs, "submissions at a time; 0: one a core");
    app.add_option("--regrade", arguments.regrade,
                   "grade again: these students, or all when none is named")
        ->expected(0, -1);
    app.add_option("--diff", arguments.diff, "OLD NEW: whose marks differ, in which test, and why")
        ->expected(2);
    app.add_option("--tier", request.tier,
                   "auto, A, B, C or D: the sandbox; auto: the best there is");
    app.add_option("--engine", request.engine, "who runs it: local, slurm or parallel");
    app.add_option("--engine-options", request.engine_options,
                   "more words for sbatch; for parallel the machines, as 2/user@host,…");
    app.add_option("--build", request.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--root", request.layout.root, "folder of the Makefile")->capture_default_str();
    app.footer(more);
}

void parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    add_options(app, arguments);
    app.require_subcommand(0, 1);
    CLI::App* const work = app.add_subcommand(
        "work", "grade the units FIRST to LAST (exclusive) of OUT/manifest.json: what engines run");
    work->add_option("out", arguments.range.out, "OUT")->required();
    work->add_option("first", arguments.range.first, "FIRST")->required();
    work->add_option("last", arguments.range.last, "LAST")->required();
    work->add_option("--jobs", arguments.range.jobs, "at a time; 0: one a core");
    app.parse(argc, argv);
    arguments.work = work->parsed();
    const auto regrade = app.get_option("--regrade")->results();
    std::erase(arguments.regrade, "");
    arguments.request.regrade_all =
        app.get_option("--regrade")->count() > 0 && arguments.regrade.empty();
    arguments.request.regrade = arguments.regrade;
}

int run_range(WorkOptions range)
{
    if (range.first > range.last) {
        throw std::invalid_argument("work: FIRST " + std::to_string(range.first) +
                                    " is after LAST " + std::to_string(range.last));
    }
    harness::become_subreaper();
    range.out = std::filesystem::absolute(range.out);
    bool failed = false;
    Interrupt interrupt;
    try {
        work(range, interrupt, [&](const Unit& unit, UnitEnd end, const std::string& why) {
            if (end == UnitEnd::failed) {
                failed = true;
                std::cerr << unit.lab << " " << unit.key << ": " << why << '\n';
            }
        });
    } catch (const Interrupted&) {
        return exit_interrupted;
    }
    return failed ? exit_infrastructure : exit_graded;
}

void require(bool there, const std::string& flag)
{
    if (!there) {
        throw std::invalid_argument(flag + " is missing (see --help)");
    }
}

int run_diff(const std::string& before, const std::string& after)
{
    try {
        std::cout << differences(before, after);
        return exit_graded;
    } catch (const std::runtime_error& error) {
        throw std::invalid_argument(std::string("--diff: ") + error.what());
    }
}

int run(Arguments& arguments)
{
    if (arguments.work) {
        return run_range(arguments.range);
    }
    if (!arguments.diff.empty()) {
        return run_diff(arguments.diff.at(0), arguments.diff.at(1));
    }
    ClassRequest& request = arguments.request;
    check_layout(request.layout, true);
    require(!request.submissions.empty(), "--submissions DIR");
    require(!request.out.empty(), "--out DIR");
    request.submissions = std::filesystem::absolute(request.submissions).lexically_normal();
    request.out = std::filesystem::absolute(request.out).lexically_normal();
    check_outside(request.out, request.submissions);
    request.handing.layout = handing_from(arguments.handing);
    for (const std::string& lab : arguments.labs) {
        request.labs.push_back(find_lab(request.layout, lab));
    }
    if (request.labs.empty()) {
        request.labs = labs_in(request.layout);
    }
    std::ranges::sort(request.labs);
    request.labs.erase(std::unique(request.labs.begin(), request.labs.end()), request.labs.end());
    return grade_class(request);
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    return main_of("grade-class", description, [argc, argv, &arguments](CLI::App& app) {
        parse(argc, argv, app, arguments);
        return run(arguments);
    });
}
