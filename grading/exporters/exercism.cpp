// Exercism's results.json, version 3 of its test runner's interface.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::readable;
using harness::Verdict;
using nlohmann::json;

constexpr std::size_t most_output = 500; // characters, and so certainly as few bytes
constexpr std::size_t most_message = 16'384;

// There is no code that a student could run by hand: what the test does, step by step.
std::string code_of(const TestResult& test)
{
    std::string text = "// " + test.title + "\n";
    for (const std::string& step : test.report.steps) {
        text += step + "\n";
    }
    return readable(text, most_message);
}

json to_object(const TestResult& test)
{
    const bool passed = test.report.verdict == Verdict::pass;
    json object = {{"name", readable(test.report.test, 200)},
                   {"status", passed ? "pass" : "fail"},
                   {"test_code", code_of(test)}};
    if (!passed) {
        const std::string why = told(test);
        object["message"] = readable(why.empty() ? "did not pass" : why, most_message);
    }
    if (!test.report.log.empty()) {
        object["output"] = readable(test.report.log, most_output);
    }
    if (test.task > 0) {
        object["task_id"] = test.task;
    }
    return object;
}

json error(const Record& view)
{
    const std::string remark = remark_on(view);
    const std::string why = (remark.empty() ? "No test came to a certain verdict." : remark) +
                            "\n" + view.compiler_output;
    return {{"version", 3}, {"status", "error"}, {"message", readable(why, most_message)}};
}

} // namespace

std::string as_exercism(const Record& record)
{
    const Record view = student_view(record);
    json tests = json::array();
    for (const TestResult& test : view.tests) {
        if (!counts_not(test.report.verdict)) { // for "neither" it has no word
            tests.push_back(to_object(test));
        }
    }
    const bool passed =
        std::ranges::all_of(tests, [](const json& test) { return test.at("status") == "pass"; });
    const bool graded = verdict_of(view) == Outcome::graded && !tests.empty();
    const json result = graded ? json{{"version", 3},
                                      {"status", passed ? "pass" : "fail"},
                                      {"message", nullptr},
                                      {"tests", tests}}
                               : error(view);
    return result.dump(2) + "\n";
}

} // namespace grading
