#include "grading/exporters/exporters.h"
#include "grading/jail/tier.h"
#include "grading/layout.h"
#include "grading/padded.h"
#include "grading/spoken.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <sstream>

namespace grading {

namespace {

using harness::Report;
using harness::Verdict;

constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";

std::string painted(std::string_view text, std::string_view paint, bool colour)
{
    return colour ? std::string(paint).append(text).append("\x1b[0m") : std::string(text);
}

std::string in_capitals(Verdict verdict)
{
    std::string word = spoken(to_string(verdict));
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word;
}

std::string_view paint_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::pass:
        return green;
    case Verdict::fail:
        return red;
    case Verdict::not_run:
        return dim;
    default:
        return yellow;
    }
}

std::string clean(std::string_view text)
{
    return harness::readable(text, 65'536);
}

std::string name_of(const TestResult& test)
{
    return harness::printable(test.report.test);
}

std::string indented(const std::string& text)
{
    std::string result = "    ";
    for (const char c : text) {
        result += c == '\n' ? "\n    " : std::string(1, c);
    }
    return result;
}

bool has_report(const TestResult& test)
{
    return test.report.verdict != Verdict::pass && test.report.verdict != Verdict::not_run;
}

// Sums over the tests of one task.
struct TaskMarks {
    int passed = 0;
    int tests = 0;
    int points = 0;
    int max_points = 0;
};

std::map<int, TaskMarks> marks_by_task(const Record& record)
{
    std::map<int, TaskMarks> marks;
    for (const TestResult& test : record.tests) {
        TaskMarks& task = marks[test.task];
        ++task.tests;
        task.passed += test.report.verdict == Verdict::pass ? 1 : 0;
        task.points += test.points;
        task.max_points += counts_not(test.report.verdict) ? 0 : test.max_points;
    }
    return marks;
}

std::string task_line(int number, const TaskMarks& marks, const Rubric& rubric, bool colour)
{
    const Task* const task = rubric.find_task(number);
    std::array<char, 64> sums{};
    std::snprintf(sums.data(), sums.size(), "%3d of %-3d%6d of %d", marks.passed, marks.tests,
                  marks.points, marks.max_points);
    std::array<char, 8> label{};
    std::snprintf(label.data(), label.size(), number == 0 ? "    -" : "%5d", number);
    const std::string title = number == 0 ? "the contract of every server"
                              : task      ? task->title
                                          : "";
    const std::string line =
        std::string(label.data()) + "  " + padded(title, 46) + "  " + sums.data();
    return painted(line, marks.passed == marks.tests ? green : red, colour) + "\n";
}

std::string task_table(const Record& record, const Rubric& rubric, bool colour)
{
    std::string text =
        painted(" task" + std::string(50, ' ') + "tests     points", dim, colour) + "\n";
    for (const auto& [number, marks] : marks_by_task(record)) {
        text += task_line(number, marks, rubric, colour);
    }
    return text;
}

// What the machine or the grader is to blame for is said loudly: it changes what the score means.
std::string not_counted(const Record& record, bool colour)
{
    std::string text;
    for (const TestResult& test : record.tests) {
        if (counts_not(test.report.verdict)) {
            text += "    " + name_of(test) + ": " + std::string(to_string(test.report.verdict)) +
                    ", " + std::to_string(test.max_points) + " points\n";
        }
    }
    return text.empty() ? ""
                        : painted("NOT COUNTED, neither for nor against: no certain verdict here.",
                                  yellow, colour) +
                              "\n" + text;
}

std::string next_step(const Record& record)
{
    const std::string command =
        record.outcome == Outcome::infrastructure_error ? "make doctor" : next_command(record);
    return command.empty() ? "" : "Next: " + clean(command) + "\n";
}

std::string looks_like(const std::optional<Chaff>& chaff)
{
    return chaff ? "What it looks like\n" + wrapped(clean(chaff->sentence)) : "";
}

// What stands above the marks when there is more to say than marks.
std::string remark(const Record& record, bool colour)
{
    const std::string word = spoken(to_string(record.outcome));
    std::string text =
        painted(record.outcome == Outcome::graded ? "not finished" : word, red, colour);
    text += ": " + clean(record.sentence) + "\n";
    if (!record.compiler_output.empty()) {
        text += "\n" + indented(clean(record.compiler_output)) + "\n";
    }
    return text + "\n";
}

std::string sandbox_lines(const Record& record)
{
    std::string text = "Sandbox tier " + clean(record.tier) + ": " + meaning_of(record.tier) + "\n";
    if (!record.tier_why.empty()) {
        text += "No better one: " + clean(record.tier_why) + "\n";
    }
    return text;
}

std::string score_lines(const Record& record, bool colour)
{
    std::string text = not_counted(record, colour);
    if (record.outcome == Outcome::infrastructure_error) {
        text += painted("No score: the grader could not do its work.", bold, colour);
    } else {
        text += painted("Score: " + std::to_string(record.score) + " of " +
                            std::to_string(record.max_score),
                        bold, colour);
    }
    return text + (record.complete ? "" : "  (so far: not every test has run)") + "\n" +
           sandbox_lines(record);
}

} // namespace

std::string wrapped(const std::string& text)
{
    constexpr std::size_t page = 90;
    std::string result;
    std::istringstream words(text);
    std::size_t used = page;
    for (std::string word; words >> word; used += 1 + word.size()) {
        const bool fits = used + 1 + word.size() <= page;
        result += fits ? " " : result.empty() ? "    " : "\n    ";
        used = fits ? used : 3;
        result += word;
    }
    return result + "\n";
}

std::string test_line(const TestResult& test, bool colour)
{
    const Report& report = test.report;
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), " (%.1fs)", report.seconds);
    const bool ran = report.verdict != Verdict::not_run;
    return "== Test " + name_of(test) +
           " == " + painted(in_capitals(report.verdict), paint_of(report.verdict), colour) +
           (ran ? time.data() : "") + "  " + std::to_string(test.points) + "/" +
           std::to_string(test.max_points) + "\n";
}

std::string test_report(const TestResult& test)
{
    std::string text = harness::render(test.report);
    if (test.chaff) {
        text += "\n" + looks_like(test.chaff);
    }
    return text;
}

namespace {

// Without the guess that the summary repeats below all of them.
std::string painted_report(const TestResult& test, const std::optional<Chaff>& guess, bool colour)
{
    const bool told_below = guess && test.chaff && guess->name == test.chaff->name;
    const std::string report = told_below ? harness::render(test.report) : test_report(test);
    const auto end = report.find('\n');
    return painted(report.substr(0, end), paint_of(test.report.verdict), colour) +
           report.substr(end) + "\n";
}

// Every report in full, but of those that fail in the same way for the same reason only the first:
// an unwritten step fails thirty tests, and thirty pages would teach no more than one.
std::string reports(const Record& record, bool colour)
{
    std::string text;
    std::map<std::string, std::string> same_as; // tests that failed like the one reported
    std::vector<std::string> order;
    for (const TestResult& test : record.tests) {
        if (!has_report(test)) {
            continue;
        }
        const auto& failure = test.report.failure;
        const bool told = failure && !failure->cause.empty();
        const std::string key = told ? failure->got + '\n' + failure->cause : name_of(test);
        if (const auto [at, is_new] = same_as.try_emplace(key); !is_new) {
            at->second += " " + name_of(test);
            continue;
        }
        order.push_back(key);
        text += painted_report(test, record.chaff, colour);
    }
    for (const std::string& key : order) {
        if (const std::string& names = same_as.at(key); !names.empty()) {
            text += "For the same reason: " + clean(key.substr(key.find('\n') + 1)) + "\n" +
                    wrapped(names) + "\n";
        }
    }
    return text;
}

} // namespace

std::string summary(const Record& record, const Rubric& rubric, bool colour)
{
    std::string text = "\n" + reports(record, colour);
    text += painted("Lab " + clean(record.lab) + ": " + clean(record.title), bold, colour) + "\n" +
            clean(record.submission) + "\n\n";
    if (!record.sentence.empty()) {
        text += remark(record, colour);
    }
    if (record.outcome == Outcome::graded) {
        text += task_table(record, rubric, colour) + "\n";
    }
    const std::string guess = looks_like(record.chaff);
    return text + guess + (guess.empty() ? "" : "\n") + score_lines(record, colour) +
           next_step(record);
}

std::string as_text(const Record& record, const Rubric& rubric, bool colour)
{
    std::string text;
    for (const TestResult& test : record.tests) {
        if (record.outcome == Outcome::graded) {
            text += test_line(test, colour);
        }
    }
    return text + summary(record, rubric, colour);
}

std::string quick_summary(const Record& record, bool colour)
{
    std::string text;
    std::string others;
    for (const TestResult& test : record.tests) {
        if (!has_report(test)) {
            continue;
        }
        if (text.empty()) {
            text = "\n" + test_report(test);
        } else {
            others += (others.empty() ? "" : ", ") + name_of(test);
        }
    }
    if (!record.sentence.empty()) {
        text += "\n" + remark(record, colour);
    }
    if (!others.empty()) {
        text += "\nAlso, each to be seen with ONLY=…\n" + wrapped(others);
    }
    const std::string sums =
        std::to_string(record.score) + " of " + std::to_string(record.max_score);
    return text + "\n" + painted(sums + " points", bold, colour) + "\n" + next_step(record);
}

} // namespace grading
