// The matrix test × specimen: every chaff is caught by its own test, every wheat passes all.

#include "grading/files.h"
#include "grading/record.h"
#include "grading/runner.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"
#include "tests/specimens/commands.h"
#include "tests/specimens/pool.h"
#include "tests/specimens/progress.h"
#include "tests/specimens/specimen.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>

namespace specimens {

namespace fs = std::filesystem;
using namespace grading;
using harness::Command;
using harness::Report;
using harness::Seconds;
using harness::Verdict;

namespace {

// Tests mostly wait, those that fail most of all: many at a time.
constexpr std::size_t specimens_at_a_time = 8;
constexpr Seconds most_time_of_a_test{120};
constexpr Seconds most_time_of_a_specimen{1800};

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
    const bool may = specimen.chaff && specimen.chaff->may_fail.contains(test);
    if (failed(verdict)) {
        return own ? 'X' : may ? 'x' : '!';
    }
    if (verdict == Verdict::inconclusive && may) {
        return 'x'; // one that spins slows down the whole machine
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

class Matrix {
public:
    Matrix(const Arguments& arguments, const std::string& lab, Interrupt& interrupt);
    void run();
    void print() const;

    [[nodiscard]] bool is_empty() const { return specimens_.empty(); }
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
    [[nodiscard]] std::size_t chaffs_caught() const { return chaffs_caught_; }
    [[nodiscard]] std::size_t wheats_passed() const { return wheats_passed_; }

private:
    void problem(const std::string& what) { problems_.push_back(lab_ + ": " + what); }
    void check_header(const Specimen& specimen);
    void start_judge(Pool& pool, std::size_t column);
    void take(std::size_t column, const fs::path& record_file, const std::string& output);
    void judge(std::size_t column, const Record& record);
    bool judge_test(std::size_t column, const TestResult& result);
    void keep_report(const Specimen& specimen, const TestResult& result) const;
    void check_tests();
    void print_legend(std::size_t width) const;

    const Arguments& arguments_;
    std::string lab_;
    Interrupt& interrupt_;
    Rubric rubric_;
    std::vector<Specimen> specimens_;
    TemporaryFolder scratch_;
    std::map<std::string, std::string> rows_; // by test: a mark for each specimen
    std::vector<std::string> problems_;
    std::size_t judged_ = 0;
    std::size_t chaffs_caught_ = 0;
    std::size_t wheats_passed_ = 0;
};

Matrix::Matrix(const Arguments& arguments, const std::string& lab, Interrupt& interrupt)
    : arguments_(arguments), lab_(lab), interrupt_(interrupt),
      rubric_(load_rubric(arguments.layout.rubric(lab))),
      specimens_(chaffs_of(arguments.layout, lab, interrupt)), scratch_(arguments.layout.scratch())
{
    for (const Specimen& wheat : wheats_of(arguments.layout, lab)) {
        specimens_.push_back(wheat);
    }
    if (!arguments.only.empty()) {
        std::erase_if(specimens_,
                      [&](const Specimen& specimen) { return specimen.name != arguments.only; });
    }
    compile_all(specimens_, arguments.layout, lab, interrupt);
    for (const RubricTest& test : rubric_.tests) {
        rows_[test.name] = std::string(specimens_.size(), ' ');
    }
}

void Matrix::run()
{
    Pool pool(specimens_at_a_time, interrupt_, most_time_of_a_specimen);
    for (std::size_t column = 0; column < specimens_.size(); ++column) {
        const Specimen& specimen = specimens_[column];
        check_header(specimen);
        if (specimen.trouble.empty()) {
            start_judge(pool, column);
        } else {
            problem(specimen.title() + ": " + first_line(specimen.trouble));
        }
    }
    pool.wait_for_all();
    if (arguments_.only.empty()) {
        check_tests();
    }
}

// Each specimen is judged by a process of its own, which cleans up after it.
void Matrix::start_judge(Pool& pool, std::size_t column)
{
    const fs::path record = scratch_.path() / (std::to_string(column) + ".json");
    Command command{.arguments = {"/proc/self/exe", "judge", "--build",
                                  arguments_.layout.build.string(), "--server",
                                  specimens_[column].server(), "--out", record.string(), "--jobs",
                                  std::to_string(arguments_.jobs)},
                    .directory = {}};
    if (const std::string& tsan_server = specimens_[column].tsan_server; !tsan_server.empty()) {
        command.arguments.insert(command.arguments.end(), {"--tsan-server", tsan_server});
    }
    command.arguments.push_back(lab_);
    show(lab_ + ": " + std::to_string(judged_) + "/" + std::to_string(specimens_.size()) +
         " specimens judged, next " + specimens_[column].title());
    pool.start(command, [this, column, record](const auto& /*status*/, const std::string& output) {
        take(column, record, output);
    });
}

void Matrix::take(std::size_t column, const fs::path& record_file, const std::string& output)
{
    ++judged_;
    try {
        judge(column, load_record(record_file));
    } catch (const std::exception& error) {
        problem(specimens_[column].title() +
                ": was not judged: " + (output.empty() ? error.what() : first_line(output)));
    }
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

// True when this test says of this specimen what it should.
bool Matrix::judge_test(std::size_t column, const TestResult& result)
{
    const Specimen& specimen = specimens_[column];
    const char mark = mark_of(specimen, result);
    rows_.at(result.report.test)[column] = mark;
    if (mark == '!') {
        problem(specimen.title() + " " + reason_for(specimen, result));
        keep_report(specimen, result);
    }
    return mark != '!';
}

void Matrix::judge(std::size_t column, const Record& record)
{
    const Specimen& specimen = specimens_[column];
    bool good = record.complete;
    std::string caught;
    for (const TestResult& result : record.tests) {
        good = judge_test(column, result) && good;
        if (rows_.at(result.report.test)[column] == 'X') {
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
         " (" + std::to_string(static_cast<int>(record.seconds)) + " s)");
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

class Silence : public RunObserver {
    void started(const std::string& /*test*/) override {}
    void decided(const TestResult& /*result*/) override {}
};

} // namespace

int run_matrix(const Arguments& arguments, const std::vector<std::string>& labs)
{
    Interrupt interrupt;
    std::size_t chaffs = 0;
    std::size_t wheats = 0;
    std::vector<std::string> problems;
    bool found = false;
    for (const std::string& lab : labs) {
        Matrix matrix(arguments, lab, interrupt);
        if (matrix.is_empty()) { // only one is wanted, and it is another lab's
            continue;
        }
        found = true;
        matrix.run();
        matrix.print();
        chaffs += matrix.chaffs_caught();
        wheats += matrix.wheats_passed();
        problems.insert(problems.end(), matrix.problems().begin(), matrix.problems().end());
    }
    if (!found) {
        throw std::invalid_argument("'" + arguments.only + "' is no specimen of " +
                                    (labs.size() == 1 ? labs.front() : "any lab"));
    }
    for (const std::string& problem : problems) {
        std::cout << problem << '\n';
    }
    std::cout << "specimens: " << chaffs << " chaffs caught, " << wheats << " wheats passed, "
              << problems.size() << " problems\n";
    return problems.empty() ? 0 : exit_problems;
}

// One specimen, for the matrix: leaves the record of all tests.
int run_judge(const Arguments& arguments, const std::vector<std::string>& labs)
{
    Interrupt interrupt;
    Silence silence;
    const TemporaryFolder scratch(arguments.layout.scratch());
    const Rubric rubric = load_rubric(arguments.layout.rubric(labs.at(0)));
    RunOptions options;
    options.driver = arguments.layout.driver(labs.at(0));
    options.server = arguments.server;
    options.tsan_server = arguments.tsan_server;
    options.scratch = scratch.path();
    options.jobs = static_cast<unsigned>(arguments.jobs > 0 ? arguments.jobs : 2 * cores());
    options.time_limit = most_time_of_a_test;
    options.confirm = false; // the first fail of a right server is a fail of its test
    Record record = blank_record(labs.at(0), rubric);
    const auto start = std::chrono::steady_clock::now();
    run_tests(record, rubric, options, interrupt, silence);
    record.complete = true;
    record.seconds = Seconds(std::chrono::steady_clock::now() - start).count();
    harness::write_atomically(arguments.out, to_json(record));
    return 0;
}

} // namespace specimens
