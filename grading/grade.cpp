// The autograder's command line.

#include "grading/command_line.h"
#include "grading/exporters/export_record.h"
#include "grading/exporters/exporters.h"
#include "grading/exporters/formats.h"
#include "grading/files.h"
#include "grading/progress.h"
#include "grading/rubric.h"
#include "grading/session.h"
#include "tests/harness/spawn.h"

#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

struct Arguments {
    Request request;
    std::string lab;
    std::string submission;
    int task = 0; // 0: the first that fails
    bool list_labs = false;
    bool list_tests = false;
    bool check_rubric = false;
    bool hint = false;
    bool progress = false;
    bool list_formats = false;
    bool exports = false;
};

// The value that a word of a flag stands for. Throws for any other word, and says which there are.
template <typename Value>
Value one_of(const std::map<std::string, Value>& values, const std::string& flag,
             const std::string& word)
{
    if (const auto found = values.find(word); found != values.end()) {
        return found->second;
    }
    std::string list;
    for (const auto& [name, value] : values) {
        list += " " + name;
    }
    throw CLI::ValidationError(flag, "'" + word + "' is none of" + list);
}

void add_options(CLI::App& app, Arguments& arguments)
{
    static const std::map<std::string, Expect> outcomes{{"all", Expect::all_pass},
                                                        {"free", Expect::only_free_pass}};
    Request& request = arguments.request;
    app.add_option("--lab", arguments.lab, "the lab: 02 or 02-fork");
    app.add_option("--submission", arguments.submission, "folder with the server.cpp to grade");
    app.add_option("--server", request.server, "command that starts a server to test instead");
    app.add_option("--only", request.only, "one test, or several with commas")->delimiter(',');
    app.add_option("--format", request.format, format_names());
    app.add_option("--out", request.out, "file for the result, instead of stdout");
    app.add_option("--record", request.record, "file for the record, instead of build/records/…");
    app.add_option("--scratch", request.scratch,
                   "folder for temporary files, instead of BUILD/tmp");
    app.add_option("--build", request.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--root", request.layout.root, "folder of the Makefile")->capture_default_str();
    app.add_option("--tier", request.tier,
                   "the sandbox: auto (the best that there is), or A, B, C, D and no other")
        ->capture_default_str();
    app.add_option("--jobs", request.jobs, "tests at a time; 0: one a core");
    app.add_option("--time-limit", request.time_limit, "seconds for one run of one test")
        ->check(CLI::PositiveNumber);
    app.add_option("--compile-limit", request.compile_limit,
                   "seconds for the compiler, on an idle machine")
        ->check(CLI::PositiveNumber);
    app.add_option_function<std::string>(
        "--expect",
        [&request](const std::string& word) {
            request.expect = one_of(outcomes, "--expect", word);
        },
        "all or free: exit 1 unless just these tests pass");
    app.add_flag("--only-record", request.only_record, "write the record, at the end, and no more");
    app.add_flag("--quick", request.quick, "the fast loop: test what make has built, be brief");
    app.add_flag("--list-formats", arguments.list_formats, "print the formats: for whom, what for");
    app.add_flag("--list-labs", arguments.list_labs, "print the labs");
    app.add_flag("--list-tests", arguments.list_tests, "print the tests of the lab's rubric");
    app.add_flag("--check-rubric", arguments.check_rubric,
                 "compare rubric and tests, of one lab or of all");
}

void parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    add_options(app, arguments);
    app.require_subcommand(0, 1);
    CLI::App* const hint = app.add_subcommand("hint", "the next of three hints");
    hint->fallthrough()->add_option("--task", arguments.task, "default: the first that fails");
    CLI::App* const progress = app.add_subcommand("progress", "every lab with its marks so far");
    progress->fallthrough();
    CLI::App* const exports =
        app.add_subcommand("export", "--record FILE in another --format; grades nothing");
    exports->fallthrough();
    app.parse(argc, argv);
    arguments.exports = exports->parsed();
    usable_format(arguments.request.format);
    arguments.hint = hint->parsed();
    arguments.progress = progress->parsed();
    arguments.request.submission = arguments.submission;
    std::erase(arguments.request.only, "");
}

// The tests that a driver has, without their suites: the indented lines of --gtest_list_tests.
std::vector<std::string> tests_of(const std::filesystem::path& driver)
{
    std::istringstream lines(output_of({driver.string(), "--gtest_list_tests"}));
    std::vector<std::string> tests;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  ")) {
            const auto end = line.find_first_of(" #", 2);
            tests.push_back(line.substr(2, end == std::string::npos ? end : end - 2));
        }
    }
    return tests;
}

int check_rubrics(const Layout& layout, const std::vector<std::string>& labs)
{
    int status = exit_graded;
    for (const std::string& lab : labs) {
        try {
            check_against(load_rubric(layout.rubric(lab)), tests_of(layout.driver(lab)));
        } catch (const std::exception& error) {
            std::cerr << error.what() << '\n';
            status = exit_failed;
        }
    }
    return status;
}

std::string lab_of(const Arguments& arguments)
{
    if (arguments.lab.empty()) {
        std::string list;
        for (const std::string& lab : labs_in(arguments.request.layout)) {
            list += " " + lab;
        }
        throw std::invalid_argument("which lab? --lab NN; there are:" + list);
    }
    return find_lab(arguments.request.layout, arguments.lab);
}

int list_labs(const Layout& layout)
{
    for (const std::string& lab : labs_in(layout)) {
        std::cout << lab << '\n';
    }
    return exit_graded;
}

int list_tests(const Layout& layout, const std::string& lab)
{
    for (const RubricTest& test : load_rubric(layout.rubric(lab)).tests) {
        std::cout << test.name << '\n';
    }
    return exit_graded;
}

// A mistyped command is no fault of the grader's: said now, not by every test.
void check_command(const std::string& server)
{
    const auto words = harness::split_command(server);
    if (words.empty()) {
        return;
    }
    try {
        harness::find_program(words[0]);
    } catch (const std::system_error& error) {
        throw std::invalid_argument(std::string("--server: ") + error.what());
    }
}

int run_export(const Request& request)
{
    if (request.record.empty()) {
        throw std::invalid_argument("export of what? --record FILE, as grade writes it");
    }
    if (!request.out.empty()) {
        check_writable("--out", request.out);
    }
    export_record(request.record, request.format, request.out, request.layout);
    return exit_graded;
}

// Before the work, not after it.
void check_files(const Request& request)
{
    check_layout(request.layout, true);
    if (!request.out.empty()) {
        check_writable("--out", request.out);
    }
}

int run(Arguments& arguments)
{
    const Layout& layout = arguments.request.layout;
    check_command(arguments.request.server);
    if (arguments.list_formats) {
        std::cout << format_table();
        return exit_graded;
    }
    check_layout(layout, false);
    if (arguments.list_labs) {
        return list_labs(layout);
    }
    if (arguments.exports) {
        return run_export(arguments.request);
    }
    if (arguments.progress) {
        std::cout << progress_table(layout);
        return exit_graded;
    }
    if (arguments.check_rubric && arguments.lab.empty()) {
        return check_rubrics(layout, labs_in(layout));
    }
    const std::string lab = arguments.request.lab = lab_of(arguments);
    if (arguments.check_rubric) {
        return check_rubrics(layout, {lab});
    }
    if (arguments.list_tests) {
        return list_tests(layout, lab);
    }
    if (arguments.hint) {
        std::cout << next_hint(layout, lab,
                               arguments.task == 0 ? std::nullopt : std::optional(arguments.task));
        return exit_graded;
    }
    check_files(arguments.request);
    return grade_one(arguments.request);
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    return main_of(
        "grade",
        "Grades a server of the labs: compiles it, runs the lab's tests, says what it saw.",
        [argc, argv, &arguments](CLI::App& app) {
            parse(argc, argv, app, arguments);
            return run(arguments);
        });
}
