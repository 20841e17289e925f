// The tests of the tests.
//
//     matrix: every chaff, a wrong server, is caught by the test that is its own; every wheat, a
//             right server built another way, passes all
//     stress: every test on every right server, many times, on a machine that is busy otherwise
//
// What a specimen looks like: README.md beside this file.

#include "grading/chaff.h"
#include "grading/files.h"
#include "grading/interrupt.h"
#include "grading/layout.h"
#include "grading/record.h"
#include "grading/rubric.h"
#include "grading/runner.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace fs = std::filesystem;

using namespace grading;
using harness::ChildProcess;
using harness::Command;
using harness::Report;
using harness::Seconds;
using harness::Verdict;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int exit_problems = 1;
constexpr int exit_usage = 2;
constexpr int exit_broken = 3;
constexpr int exit_interrupted = 130;

constexpr Seconds most_time{120}; // of one compilation, of one run of one test
constexpr std::size_t most_output = 65'536;

struct Arguments {
    Layout layout;
    std::vector<std::string> labs;
    unsigned jobs = 0;
    int times = 200;
    std::string only;
};

// -- saying how it goes on ------------------------------------------------------------------------

bool watched()
{
    return ::isatty(STDERR_FILENO) == 1;
}

// A line that the next one replaces, for somebody who watches; otherwise nothing.
void show(const std::string& line)
{
    if (watched()) {
        std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    }
}

// A line that stays.
void note(const std::string& line)
{
    show("");
    std::fprintf(stderr, "%s\n", line.c_str());
}

std::string first_line(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string right_aligned(std::size_t number, std::size_t width)
{
    const std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

// -- processes, so many at a time -----------------------------------------------------------------

class Pool {
public:
    // Nothing instead of a status: it took too long and was killed.
    using Ended = std::function<void(const std::optional<harness::ExitStatus>& status,
                                     const std::string& output)>;

    Pool(std::size_t at_a_time, Interrupt& interrupt) : at_a_time_(at_a_time), interrupt_(interrupt)
    {
    }
    ~Pool()
    {
        for (Running& one : running_) {
            harness::kill_tree(one.process.pid());
        }
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Starts it as soon as there is room. Throws Interrupted.
    void start(Command command, Ended ended)
    {
        while (running_.size() >= at_a_time_) {
            wait();
        }
        harness::UniqueFd output = memory_file();
        command.output = output.get();
        command.errors = output.get();
        running_.push_back(
            {harness::spawn(command), std::move(output), Clock::now() + limit, std::move(ended)});
    }

    void wait_for_all()
    {
        while (!running_.empty()) {
            wait();
        }
    }

private:
    static constexpr auto limit = std::chrono::duration_cast<Clock::duration>(most_time);

    struct Running {
        ChildProcess process;
        harness::UniqueFd output;
        Clock::time_point deadline;
        Ended ended;
    };

    // Waits until one of them ends, or has had its time.
    void wait()
    {
        std::vector<int> pidfds;
        Seconds most = most_time;
        for (const Running& one : running_) {
            pidfds.push_back(one.process.pidfd());
            most = std::min<Seconds>(most, one.deadline - Clock::now());
        }
        interrupt_.wait_for_any(pidfds, most);
        for (auto one = running_.begin(); one != running_.end();) {
            const auto status = one->process.status();
            if (!status && Clock::now() < one->deadline) {
                ++one;
                continue;
            }
            if (!status) {
                harness::kill_tree(one->process.pid());
            }
            one->ended(status, contents_of(one->output.get(), most_output));
            one = running_.erase(one);
        }
    }

    std::size_t at_a_time_;
    Interrupt& interrupt_;
    std::list<Running> running_;
};

std::size_t cores()
{
    return std::max(1U, std::thread::hardware_concurrency());
}

// -- making specimens -----------------------------------------------------------------------------

struct Specimen {
    std::string name;
    std::optional<KnownChaff> chaff; // nothing: it is a wheat
    fs::path source;                 // C++, or Python
    fs::path folder;                 // where its program is kept
    std::string trouble{};           // why there is no server

    [[nodiscard]] std::string title() const { return (chaff ? "chaff " : "wheat ") + name; }
    [[nodiscard]] bool is_compiled() const { return source.extension() == ".cpp"; }
    // The command that starts it.
    [[nodiscard]] std::string server() const
    {
        return is_compiled() ? shell_quoted((folder / "server").string())
                             : "python3 " + shell_quoted(source.string());
    }
};

// By name; none when there is no folder.
std::vector<Specimen> wheats_of(const Layout& layout, const std::string& lab)
{
    std::vector<Specimen> wheats;
    std::error_code no_folder;
    for (const auto& entry :
         fs::directory_iterator(layout.chaffs(lab).parent_path() / "wheats", no_folder)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".cpp" || file.extension() == ".py") {
            wheats.push_back(
                {file.filename().string(), std::nullopt, file,
                 layout.build / "specimens" / lab / ("wheat-" + file.stem().string())});
        }
    }
    std::ranges::sort(wheats, {}, &Specimen::name);
    return wheats;
}

// The solution with the chaff's bug in it.
void patch(Specimen& chaff, const fs::path& solution, const fs::path& patch_file,
           Interrupt& interrupt)
{
    fs::create_directories(chaff.folder);
    const Command command{.arguments = {"patch", "--batch", "--forward", "--reject-file=-",
                                        "--input=" + patch_file.string(),
                                        "--output=" + chaff.source.string(), solution.string()},
                          .directory = {}};
    Pool pool(1, interrupt);
    pool.start(command, [&](const auto& status, const std::string& output) {
        if (!status || !status->success()) {
            chaff.trouble = "its patch does not apply: " + output;
        }
    });
    pool.wait_for_all();
}

std::vector<Specimen> chaffs_of(const Layout& layout, const std::string& lab, Interrupt& interrupt)
{
    std::vector<Specimen> chaffs;
    for (const KnownChaff& known : load_chaffs(layout.chaffs(lab))) {
        const fs::path folder = layout.build / "specimens" / lab / ("chaff-" + known.name);
        chaffs.push_back({known.name, known, folder / "server.cpp", folder});
        patch(chaffs.back(), layout.root / "solutions" / lab / "server.cpp",
              layout.chaffs(lab) / (known.name + ".patch"), interrupt);
    }
    return chaffs;
}

void replace(std::string& text, const std::string& from, const std::string& to)
{
    if (const auto at = text.find(from); at != std::string::npos) {
        text.replace(at, from.size(), to);
    }
}

Command compiler_for(const Specimen& specimen, const std::string& command_line)
{
    Command command{.arguments = harness::split_command(command_line), .directory = {}};
    for (std::string& argument : command.arguments) {
        replace(argument, "{source}", specimen.source.string());
        replace(argument, "{program}", (specimen.folder / "server").string());
    }
    return command;
}

// The first error of the compiler's, or whatever it says first.
std::string first_error(const std::string& output)
{
    const auto at = output.find("error: ");
    return first_line(at == std::string::npos ? output : output.substr(at));
}

// What the program of each of them depends on; empty for one that is not compiled.
std::vector<std::string> keys_of(const std::vector<Specimen>& specimens, const Layout& layout)
{
    std::vector<fs::path> files{layout.compile_command(), layout.build / "libcommon.a"};
    for (const Specimen& specimen : specimens) {
        files.push_back(specimen.trouble.empty() ? specimen.source : files.front());
    }
    const auto hashes = hashes_of(files);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < specimens.size(); ++i) {
        keys.push_back(hashes.at(0) + hashes.at(1) + hashes.at(i + 2));
    }
    return keys;
}

// Compiles those that have changed since they were compiled last.
void compile_all(std::vector<Specimen>& specimens, const Layout& layout, Interrupt& interrupt)
{
    const std::string command_line = contents_of(layout.compile_command());
    const auto keys = keys_of(specimens, layout);
    Pool pool(cores(), interrupt);
    for (std::size_t i = 0; i < specimens.size(); ++i) {
        Specimen& specimen = specimens[i];
        const fs::path key_file = specimen.folder / "key";
        const bool made = fs::exists(key_file) && contents_of(key_file) == keys[i];
        if (made || !specimen.trouble.empty() || !specimen.is_compiled()) {
            continue;
        }
        show("compiling " + specimen.title());
        fs::create_directories(specimen.folder);
        fs::remove(key_file);
        pool.start(compiler_for(specimen, command_line),
                   [&specimen, key_file, key = keys[i]](const auto& status, const auto& output) {
                       if (status && status->success()) {
                           harness::write_atomically(key_file, key);
                       } else {
                           specimen.trouble = "does not compile: " + first_error(output);
                       }
                   });
    }
    pool.wait_for_all();
    show("");
}

// -- the matrix -----------------------------------------------------------------------------------

bool failed(Verdict verdict)
{
    return verdict == Verdict::fail || verdict == Verdict::unstable;
}

// Is this result what the specimen is for? '.' passed, 'X' caught by its own test, 'x' failed as it
// may, '-' not run here, '!' wrong.
char mark_of(const Specimen& specimen, const TestResult& result)
{
    const Verdict verdict = result.report.verdict;
    const std::string& test = result.report.test;
    const bool own = specimen.chaff && specimen.chaff->caught_by.contains(test);
    if (failed(verdict)) {
        const bool may = specimen.chaff && specimen.chaff->may_fail.contains(test);
        return own ? 'X' : may ? 'x' : '!';
    }
    if (verdict == Verdict::skipped || verdict == Verdict::not_run) {
        return own && verdict == Verdict::not_run ? '!' : '-';
    }
    return verdict == Verdict::pass && !own ? '.' : '!';
}

std::string reason_for(const Specimen& specimen, const TestResult& result)
{
    const Report& report = result.report;
    const std::string got =
        report.failure ? ": " + first_line(harness::readable(report.failure->got, 200)) : "";
    if (report.verdict == Verdict::inconclusive) {
        return report.test + " is inconclusive" + got;
    }
    if (!failed(report.verdict)) {
        return "survives " + report.test + ", its test" + got;
    }
    return (specimen.chaff ? "is caught by " : "fails ") + report.test +
           (specimen.chaff ? ", which is not its test" : "") + got;
}

class Matrix : private RunObserver {
public:
    Matrix(const Arguments& arguments, const std::string& lab, Interrupt& interrupt);
    void run();
    void print() const;

    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
    [[nodiscard]] std::size_t chaffs_caught() const { return chaffs_caught_; }
    [[nodiscard]] std::size_t wheats_passed() const { return wheats_passed_; }

private:
    void started(const std::string& test) override;
    void decided(const TestResult& result) override;
    void problem(const std::string& what) { problems_.push_back(lab_ + ": " + what); }
    void check_header(const Specimen& specimen);
    void run_one(const Specimen& specimen);
    void judge(const Specimen& specimen, const Record& record, Seconds took);
    void keep_report(const Specimen& specimen, const TestResult& result) const;
    void check_tests();
    void print_legend(std::size_t width) const;

    const Arguments& arguments_;
    std::string lab_;
    Interrupt& interrupt_;
    Rubric rubric_;
    std::vector<Specimen> specimens_;
    std::map<std::string, std::string> rows_; // by test: a mark for each specimen
    std::vector<std::string> problems_;
    std::size_t chaffs_caught_ = 0;
    std::size_t wheats_passed_ = 0;
    std::string running_; // which specimen
    std::size_t decided_ = 0;
};

Matrix::Matrix(const Arguments& arguments, const std::string& lab, Interrupt& interrupt)
    : arguments_(arguments), lab_(lab), interrupt_(interrupt),
      rubric_(load_rubric(arguments.layout.rubric(lab))),
      specimens_(chaffs_of(arguments.layout, lab, interrupt))
{
    for (const Specimen& wheat : wheats_of(arguments.layout, lab)) {
        specimens_.push_back(wheat);
    }
    compile_all(specimens_, arguments.layout, interrupt);
}

void Matrix::started(const std::string& test)
{
    show("[" + running_ + ": " + std::to_string(decided_) + "/" +
         std::to_string(rubric_.tests.size()) + "] " + test);
}

void Matrix::decided(const TestResult& /*result*/)
{
    ++decided_;
}

void Matrix::run()
{
    for (std::size_t i = 0; i < specimens_.size(); ++i) {
        running_ = std::to_string(i + 1) + "/" + std::to_string(specimens_.size()) + " " +
                   specimens_[i].title();
        check_header(specimens_[i]);
        if (specimens_[i].trouble.empty()) {
            run_one(specimens_[i]);
        } else {
            problem(specimens_[i].title() + ": " + first_line(specimens_[i].trouble));
            for (const RubricTest& test : rubric_.tests) {
                rows_[test.name] += ' ';
            }
        }
    }
    check_tests();
}

void Matrix::check_header(const Specimen& specimen)
{
    if (!specimen.chaff) {
        return;
    }
    if (specimen.chaff->caught_by.empty() || specimen.chaff->sentence.empty()) {
        problem(specimen.title() + ": its header lacks Caught-by or Sentence");
    }
    for (const auto& names : {specimen.chaff->caught_by, specimen.chaff->may_fail}) {
        for (const std::string& name : names) {
            if (rubric_.find(name) == nullptr) {
                problem(specimen.title() + ": its header names " + name + ", which is no test");
            }
        }
    }
}

void Matrix::run_one(const Specimen& specimen)
{
    const TemporaryFolder scratch(arguments_.layout.scratch());
    RunOptions options;
    options.driver = arguments_.layout.driver(lab_);
    options.server = specimen.server();
    options.scratch = scratch.path();
    // A test that fails mostly waits: two for each core.
    options.jobs = arguments_.jobs > 0 ? arguments_.jobs : static_cast<unsigned>(2 * cores());
    options.time_limit = most_time;
    options.confirm = false; // the first fail of a right server is a fail of its test
    Record record = blank_record(lab_, rubric_);
    decided_ = 0;
    const auto start = Clock::now();
    run_tests(record, rubric_, options, interrupt_, *this);
    judge(specimen, record, Clock::now() - start);
}

void Matrix::judge(const Specimen& specimen, const Record& record, Seconds took)
{
    bool good = true;
    std::string caught;
    for (const TestResult& result : record.tests) {
        const char mark = mark_of(specimen, result);
        rows_[result.report.test] += mark;
        if (mark == '!') {
            good = false;
            problem(specimen.title() + " " + reason_for(specimen, result));
            keep_report(specimen, result);
        } else if (mark == 'X') {
            caught = result.report.test;
        }
    }
    const bool unjudged = good && specimen.chaff && caught.empty(); // its test was skipped
    std::size_t& count = specimen.chaff ? chaffs_caught_ : wheats_passed_;
    count += good && !unjudged ? 1 : 0;
    note(lab_ + ": " + specimen.title() +
         (!good            ? ": WRONG"
          : unjudged       ? ": its test does not run on this machine"
          : specimen.chaff ? ": caught by " + caught
                           : ": passes") +
         " (" + std::to_string(static_cast<int>(took.count())) + " s)");
}

void Matrix::keep_report(const Specimen& specimen, const TestResult& result) const
{
    const fs::path file = specimen.folder / (result.report.test + ".txt");
    fs::create_directories(specimen.folder);
    harness::write_atomically(file, render(result.report));
    note("see " + file.string());
}

void Matrix::check_tests()
{
    for (const RubricTest& test : rubric_.tests) {
        const bool catches = std::ranges::any_of(specimens_, [&](const Specimen& specimen) {
            return specimen.chaff && specimen.chaff->caught_by.contains(test.name);
        });
        if (!catches && !test.free) {
            problem(test.name + " catches nothing: no chaff is its own");
        }
    }
}

void Matrix::print() const
{
    std::size_t width = 0;
    for (const auto& [test, marks] : rows_) {
        width = std::max(width, test.size() + 2);
    }
    std::string tens(width, ' ');
    std::string ones(width, ' ');
    for (std::size_t i = 1; i <= specimens_.size(); ++i) {
        tens += i % 10 == 0 ? std::to_string(i / 10 % 10) : " ";
        ones += std::to_string(i % 10);
    }
    std::cout << '\n' << lab_ << "\n\n" << tens << '\n' << ones << '\n';
    for (const RubricTest& test : rubric_.tests) {
        const auto marks = rows_.find(test.name);
        std::cout << padded(test.name, width) << (marks == rows_.end() ? "" : marks->second)
                  << (test.free ? "  free" : "") << '\n';
    }
    std::cout << "\n. passed   X caught by its test   x failed, as it may   - not run   ! wrong\n";
    print_legend(width);
}

void Matrix::print_legend(std::size_t width) const
{
    constexpr std::size_t columns = 2;
    for (std::size_t i = 0; i < specimens_.size(); ++i) {
        if (i > 0 && specimens_[i].chaff.has_value() != specimens_[i - 1].chaff.has_value()) {
            std::cout << '\n';
        }
        std::cout << padded(right_aligned(i + 1, 3) + " " + specimens_[i].title(), width + 4)
                  << ((i + 1) % columns == 0 ? "\n" : "");
    }
    std::cout << "\n\n";
}

int run_matrix(const Arguments& arguments, const std::vector<std::string>& labs)
{
    Interrupt interrupt;
    std::size_t chaffs = 0;
    std::size_t wheats = 0;
    std::vector<std::string> problems;
    for (const std::string& lab : labs) {
        Matrix matrix(arguments, lab, interrupt);
        matrix.run();
        matrix.print();
        chaffs += matrix.chaffs_caught();
        wheats += matrix.wheats_passed();
        problems.insert(problems.end(), matrix.problems().begin(), matrix.problems().end());
    }
    for (const std::string& problem : problems) {
        std::cout << problem << '\n';
    }
    std::cout << "specimens: " << chaffs << " chaffs caught, " << wheats << " wheats passed, "
              << problems.size() << " problems\n";
    return problems.empty() ? 0 : exit_problems;
}

// -- stress ---------------------------------------------------------------------------------------

struct Tally {
    std::size_t tries = 0;
    std::size_t fails = 0;
    std::size_t inconclusive = 0;
};

// One test on one right server.
struct Trial {
    std::string lab;
    std::string test;
    std::string title; // of the server
    std::string server;
};

class Stress {
public:
    Stress(const Arguments& arguments, const std::vector<std::string>& labs, Interrupt& interrupt);
    void run();
    void print() const;
    [[nodiscard]] Tally total() const;

private:
    void add_lab(const std::string& lab);
    void start(Pool& pool, const Trial& trial);
    void take(const Trial& trial, const Report& report);
    void show_progress();
    [[nodiscard]] std::size_t all_runs() const
    {
        return trials_.size() * static_cast<std::size_t>(arguments_.times);
    }

    const Arguments& arguments_;
    Interrupt& interrupt_;
    TemporaryFolder scratch_;
    std::vector<Trial> trials_;
    std::vector<std::string> tests_;       // "01-iterative SaysWhereItListens", in their order
    std::map<std::string, Tally> tallies_; // by those
    std::size_t started_ = 0;
    Clock::time_point start_ = Clock::now();
};

Stress::Stress(const Arguments& arguments, const std::vector<std::string>& labs,
               Interrupt& interrupt)
    : arguments_(arguments), interrupt_(interrupt), scratch_(arguments.layout.scratch())
{
    std::ranges::for_each(labs, [&](const std::string& lab) { add_lab(lab); });
    if (trials_.empty()) {
        throw std::invalid_argument("'" + arguments.only + "' is no test");
    }
}

void Stress::add_lab(const std::string& lab)
{
    const Layout& layout = arguments_.layout;
    auto wheats = wheats_of(layout, lab);
    compile_all(wheats, layout, interrupt_);
    for (const RubricTest& test : load_rubric(layout.rubric(lab)).tests) {
        if (!arguments_.only.empty() && test.name != arguments_.only) {
            continue;
        }
        tests_.push_back(lab + " " + test.name);
        const fs::path solution = layout.build / "solutions" / lab / "server";
        trials_.push_back({lab, test.name, "the solution", shell_quoted(solution.string())});
        for (const Specimen& wheat : wheats) {
            if (!wheat.trouble.empty()) {
                throw std::runtime_error(lab + ": " + wheat.title() + ": " + wheat.trouble);
            }
            trials_.push_back({lab, test.name, wheat.title(), wheat.server()});
        }
    }
}

// What the driver wrote; or, when it wrote nothing, that it broke.
Report read_report(const fs::path& file, const std::string& test,
                   const std::optional<harness::ExitStatus>& status, const std::string& output)
{
    try {
        return harness::from_json(contents_of(file));
    } catch (const std::exception&) {
        Report report;
        report.test = test;
        report.verdict = Verdict::inconclusive;
        report.failure = harness::Failure{
            "", "the driver left no result; it " + (status ? to_string(*status) : "did not end"),
            ""};
        report.log = output;
        return report;
    }
}

void Stress::start(Pool& pool, const Trial& trial)
{
    const fs::path result = scratch_.path() / (std::to_string(started_++) + ".json");
    const Command command{
        .arguments = {arguments_.layout.driver(trial.lab).string(), "--server=" + trial.server,
                      "--gtest_filter=*." + trial.test, "--result=" + result.string()},
        .directory = {}};
    pool.start(command, [this, &trial, result](const auto& status, const std::string& output) {
        take(trial, read_report(result, trial.test, status, output));
        fs::remove(result);
    });
}

void Stress::take(const Trial& trial, const Report& report)
{
    Tally& tally = tallies_[trial.lab + " " + trial.test];
    ++tally.tries;
    tally.fails += failed(report.verdict) ? 1 : 0;
    tally.inconclusive += report.verdict == Verdict::inconclusive ? 1 : 0;
    const bool first_fail = failed(report.verdict) && tally.fails == 1;
    const bool first_unsure = report.verdict == Verdict::inconclusive && tally.inconclusive == 1;
    if (first_fail || first_unsure) {
        const fs::path folder = arguments_.layout.build / "stress" / trial.lab;
        const fs::path file =
            folder / (trial.test + "." + std::string(to_string(report.verdict)) + ".txt");
        fs::create_directories(folder);
        harness::write_atomically(file, trial.title + ", try " + std::to_string(tally.tries) +
                                            "\n\n" + render(report));
        note(trial.lab + " " + trial.test + " on " + trial.title + ": " +
             std::string(to_string(report.verdict)) + "; see " + file.string());
    }
    show_progress();
}

void Stress::show_progress()
{
    const Tally sum = total();
    const double took = std::chrono::duration<double>(Clock::now() - start_).count();
    const double left =
        took / static_cast<double>(sum.tries) * static_cast<double>(all_runs() - sum.tries);
    const std::string line = std::to_string(sum.tries) + "/" + std::to_string(all_runs()) +
                             " runs, " + std::to_string(sum.fails) + " fails, " +
                             std::to_string(sum.inconclusive) + " inconclusive, " +
                             std::to_string(static_cast<int>(left / 60)) + " min left";
    const std::size_t tenth = std::max<std::size_t>(1, all_runs() / 10);
    if (watched()) {
        show(line);
    } else if (sum.tries % tenth == 0) {
        note(line);
    }
}

void Stress::run()
{
    constexpr std::size_t busy_loops = 4;
    std::vector<ChildProcess> loops; // killed when they go out of scope, or when we die
    for (std::size_t i = 0; i < busy_loops; ++i) {
        loops.push_back(harness::spawn(
            {.arguments = {"/bin/sh", "-c", "while :; do :; done"}, .directory = {}}));
    }
    Pool pool(arguments_.jobs > 0 ? arguments_.jobs : 2, interrupt_);
    for (int round = 0; round < arguments_.times; ++round) {
        for (const Trial& trial : trials_) {
            start(pool, trial);
        }
    }
    pool.wait_for_all();
}

Tally Stress::total() const
{
    Tally sum;
    for (const auto& [test, tally] : tallies_) {
        sum.tries += tally.tries;
        sum.fails += tally.fails;
        sum.inconclusive += tally.inconclusive;
    }
    return sum;
}

void Stress::print() const
{
    std::size_t width = 0;
    for (const std::string& test : tests_) {
        width = std::max(width, test.size() + 2);
    }
    const auto line = [&](const std::string& name, const Tally& tally) {
        std::cout << padded(name, width) << right_aligned(tally.tries, 8)
                  << right_aligned(tally.fails, 7) << right_aligned(tally.inconclusive, 14) << '\n';
    };
    show("");
    std::cout << padded("test", width) << "   tries  fails  inconclusive\n";
    for (const std::string& test : tests_) {
        const auto tally = tallies_.find(test);
        line(test, tally == tallies_.end() ? Tally{} : tally->second);
    }
    line("total", total());
}

int run_stress(const Arguments& arguments, const std::vector<std::string>& labs)
{
    Interrupt interrupt;
    Stress stress(arguments, labs, interrupt);
    int status = 0;
    try {
        stress.run();
    } catch (const Interrupted&) {
        status = exit_interrupted;
    }
    stress.print();
    harness::kill_descendants();
    return status != 0 ? status : stress.total().fails > 0 ? exit_problems : 0;
}

// -- the command line -----------------------------------------------------------------------------

void add_options(CLI::App& app, Arguments& arguments)
{
    app.add_option("--build", arguments.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--jobs", arguments.jobs, "tests at a time; 0: two a core, under stress two");
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
    add_options(*matrix, arguments);
    add_options(*stress, arguments);
    stress->add_option("--times", arguments.times, "how often")->check(CLI::PositiveNumber);
    stress->add_option("--only", arguments.only, "one test alone");
    app.parse(argc, argv);
    return matrix->parsed() ? run_matrix : run_stress;
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
        labs.push_back(find_lab(arguments.layout, name));
    }
    harness::become_subreaper();
    return work(arguments, labs.empty() ? labs_in(arguments.layout) : labs);
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run(argc, argv);
    } catch (const Interrupted&) {
        return exit_interrupted;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "specimens: %s\n", error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "specimens: %s\n", error.what());
        return exit_broken;
    }
}
