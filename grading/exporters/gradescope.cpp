// Gradescope's results.json.

#include "grading/exporters/exporters.h"
#include "grading/jail/tier.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::Verdict;
using nlohmann::json;

constexpr std::size_t most_output = 16'384; // of one test: the page stays readable

std::string clean(std::string_view text)
{
    return harness::readable(text, most_output);
}

std::string expected_and_actual(const TestResult& test)
{
    if (!test.report.failure) {
        return "";
    }
    const auto& failure = *test.report.failure;
    return (failure.expected.empty() ? "" : "Expected  " + failure.expected + "\n") + "Got       " +
           failure.got + "\n";
}

// As much of the report as the rubric lets a student see.
std::string output_of(const TestResult& test)
{
    const Verdict verdict = test.report.verdict;
    if (verdict == Verdict::pass || test.detail == Detail::name_only) {
        return counts_not(verdict) ? "No certain verdict: does not count." : "";
    }
    if (verdict == Verdict::not_run && test.report.failure) {
        return "Not run: " + test.report.failure->got;
    }
    return test.detail == Detail::full ? test_report(test) : expected_and_actual(test);
}

json to_object(const TestResult& test, std::size_t index)
{
    const Verdict verdict = test.report.verdict;
    json object = {{"name", clean(test.report.test + ": " + test.title)},
                   {"name_format", "text"},
                   {"number", std::to_string(test.task) + "." + std::to_string(index)},
                   {"score", test.points},
                   {"max_score", counts_not(verdict) ? 0 : test.max_points},
                   {"output", clean(output_of(test))},
                   {"output_format", "text"},
                   {"tags", json::array({"task " + std::to_string(test.task)})},
                   {"visibility", to_string(test.visibility)},
                   {"extra_data", {{"verdict", to_string(verdict)}}}};
    if (!counts_not(verdict)) { // those are neither
        object["status"] = verdict == Verdict::pass ? "passed" : "failed";
    }
    return object;
}

// Gradescope wants a score or tests. Nothing was measured: nought of nought, and why.
json the_grader_broke(const Record& record)
{
    return {{"name", "The grader could not do its work"},
            {"score", 0},
            {"max_score", 0},
            {"output", clean(record.sentence)},
            {"output_format", "text"},
            {"visibility", "visible"}};
}

std::string output_of(const Record& record)
{
    std::string text = record.title;
    if (!record.sentence.empty()) {
        text += "\n\n" + record.sentence;
    }
    if (!record.compiler_output.empty()) {
        text += "\n\n" + record.compiler_output;
    }
    if (record.chaff) {
        text += "\n\nWhat it looks like: " + record.chaff->sentence;
    }
    return text + "\n\nSandbox tier " + record.tier + ": " + meaning_of(record.tier);
}

} // namespace

std::string as_gradescope(const Record& record)
{
    json tests = json::array();
    if (record.outcome == Outcome::graded) {
        for (const TestResult& test : record.tests) {
            tests.push_back(to_object(test, tests.size() + 1));
        }
    } else if (record.outcome == Outcome::infrastructure_error) {
        tests.push_back(the_grader_broke(record));
    }
    const json results = {{"score", record.outcome == Outcome::graded ? record.score : 0},
                          {"execution_time", std::round(record.seconds * 1000) / 1000},
                          {"output", clean(output_of(record))},
                          {"output_format", "text"},
                          {"test_output_format", "text"},
                          {"visibility", "visible"},
                          {"stdout_visibility", "hidden"},
                          {"tests", std::move(tests)},
                          {"extra_data",
                           {{"lab", clean(record.lab)},
                            {"verdict", to_string(record.outcome)},
                            {"tier", clean(record.tier)},
                            {"submission_hash", record.hashes.submission},
                            {"suite_hash", record.hashes.suite},
                            {"toolchain_hash", record.hashes.toolchain}}}};
    return results.dump(2) + "\n";
}

} // namespace grading
