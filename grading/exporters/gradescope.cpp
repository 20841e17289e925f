// Gradescope's results.json. It keeps tests back itself, by their visibility, and the total with
// those that are to be seen later: so all tests are here, but nothing about one that is kept back
// outside of its own entry.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"
#include "grading/jail/tier.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::Verdict;
using nlohmann::json;

constexpr std::size_t most_output = 16'384;    // of one test: the page stays readable …
constexpr std::size_t most_in_all = 1'000'000; // … however many there are

std::string clean(std::string_view text)
{
    return harness::readable(text, most_output);
}

// A test that is never shown leaves the total to be seen, which would tell what became of it. One
// with points is shown late instead, and then no more of it than its name.
bool is_shown_by_name(const TestResult& test)
{
    return test.visibility == Visibility::hidden && test.max_points > 0;
}

json to_object(const TestResult& test, std::size_t index, std::size_t most)
{
    const Verdict verdict = test.report.verdict;
    const bool by_name = is_shown_by_name(test);
    const std::string& name = test.report.test;
    json object = {
        {"name", clean(by_name ? name : name + ": " + test.title)},
        {"name_format", "text"},
        {"number", std::to_string(test.task) + "." + std::to_string(index)},
        {"score", test.points},
        {"max_score", counts_not(verdict) ? 0 : test.max_points},
        {"output", by_name ? "" : harness::readable(told(test), most)},
        {"output_format", "text"},
        {"tags", json::array({"task " + std::to_string(test.task)})},
        {"visibility", to_string(by_name ? Visibility::after_published : test.visibility)},
        {"extra_data", {{"verdict", to_string(verdict)}}}};
    if (!counts_not(verdict)) { // those are neither
        object["status"] = verdict == Verdict::pass ? "passed" : "failed";
    }
    return object;
}

// Gradescope wants a score or tests. Nothing was measured: nought of nought, and why. It takes that
// for passed unless it is told.
json the_grader_broke(const Record& record)
{
    return {{"name", "The grader could not do its work"},
            {"status", "failed"},
            {"score", 0},
            {"max_score", 0},
            {"output", clean(record.sentence)},
            {"output_format", "text"},
            {"tags", json::array()},
            {"visibility", "visible"}};
}

std::string output_of(const Record& record)
{
    std::string text = record.title;
    if (const std::string remark = remark_on(record); !remark.empty()) {
        text += "\n\n" + remark;
    }
    if (!record.compiler_output.empty()) {
        text += "\n\n" + record.compiler_output;
    }
    if (const std::string scale = remark_on_scale(student_view(record)); !scale.empty()) {
        text += "\n\n" + scale;
    }
    if (record.chaff) {
        text += "\n\nWhat it looks like: " + record.chaff->sentence;
    }
    return text + "\n\nSandbox tier " + record.tier + ": " + meaning_of(record.tier);
}

json tests_of(const Record& view)
{
    json tests = json::array();
    if (view.outcome == Outcome::infrastructure_error ||
        (view.outcome == Outcome::graded && tests_decided(view) == 0)) {
        tests.push_back(the_grader_broke(view));
    } else if (view.outcome == Outcome::graded) {
        const std::size_t most = std::min(most_output, most_in_all / view.tests.size());
        for (const TestResult& test : view.tests) {
            tests.push_back(to_object(test, tests.size() + 1, most));
        }
    }
    return tests;
}

// All of the class sees it: only marks that every test of theirs may tell.
json leaderboard(const Record& record)
{
    const bool final = record.outcome == Outcome::graded && record.complete;
    const json marks = {
        {"name", "Marks"}, {"value", scaled_score(student_view(record))}, {"order", "desc"}};
    return final ? json::array({marks}) : json::array();
}

} // namespace

std::string as_gradescope(const Record& record)
{
    const Record view = with_details_kept_back(record);
    const json results = {{"score", view.outcome == Outcome::graded ? scaled_score(view) : 0},
                          {"execution_time", std::round(view.seconds * 1000) / 1000},
                          {"output", clean(output_of(view))},
                          {"output_format", "text"},
                          {"test_output_format", "text"},
                          {"visibility", "visible"},
                          {"stdout_visibility", "hidden"},
                          {"tests", tests_of(view)},
                          {"leaderboard", leaderboard(record)},
                          {"extra_data",
                           {{"lab", clean(view.lab)},
                            {"verdict", to_string(verdict_of(view))},
                            {"tier", clean(view.tier)},
                            {"submission_hash", clean(view.hashes.submission)},
                            {"suite_hash", clean(view.hashes.suite)},
                            {"toolchain_hash", clean(view.hashes.toolchain)}}}};
    return results.dump(2) + "\n";
}

} // namespace grading
