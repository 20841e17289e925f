// Classroom 50's result.json: no key but those that its collector knows, whole numbers only.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <cstdlib>

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::Verdict;
using nlohmann::json;

constexpr std::size_t most_name = 200;

std::string clean(std::string_view text)
{
    return harness::readable(text, most_name);
}

std::string variable(const char* name)
{
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : clean(value);
}

json row(const std::string& name, bool passed, int score, int max_score)
{
    return {
        {"test-name", clean(name)}, {"passed", passed}, {"score", score}, {"max-score", max_score}};
}

json rows_of(const Record& view)
{
    json rows = json::array();
    for (const TestResult& test : view.tests) {
        const bool left_out = counts_not(test.report.verdict);
        const std::string name = test.report.test + ": " + test.title;
        rows.push_back(row(left_out ? name + " (no certain verdict: does not count)" : name,
                           test.report.verdict == Verdict::pass, test.points,
                           left_out ? 0 : test.max_points));
    }
    return rows;
}

// The scores must be the sums over the rows: what was not graded is a row that says why.
json not_graded(const Record& view)
{
    const bool ours = verdict_of(view) == Outcome::infrastructure_error;
    return json::array({row(remark_on(view), false, 0, ours ? 0 : view.max_score)});
}

} // namespace

std::vector<std::string_view> classroom50_environment()
{
    return {"CLASSROOM",  "ASSIGNMENT",  "ASSIGNMENT_TYPE", "OWNER",       "SUBMISSION_TAG",
            "COMMIT_URL", "RELEASE_URL", "REVIEW_URL",      "SUBMITTED_AT"};
}

std::string as_classroom50(const Record& record)
{
    const Record view = student_view(record);
    const json tests = verdict_of(view) == Outcome::graded ? rows_of(view) : not_graded(view);
    int score = 0;
    int max_score = 0;
    for (const json& test : tests) {
        score += test.at("score").get<int>();
        max_score += test.at("max-score").get<int>();
    }
    const json result = {{"schema", "classroom50/result/v1"},
                         {"classroom", variable("CLASSROOM")},
                         {"assignment", variable("ASSIGNMENT")},
                         {"assignment_type", variable("ASSIGNMENT_TYPE")},
                         {"owner", variable("OWNER")},
                         {"submission", variable("SUBMISSION_TAG")},
                         {"commit", variable("COMMIT_URL")},
                         {"release", variable("RELEASE_URL")},
                         {"review", variable("REVIEW_URL")},
                         {"datetime", variable("SUBMITTED_AT")},
                         {"graded_at", clean(view.finished.empty() ? view.started : view.finished)},
                         {"score", score},
                         {"max-score", max_score},
                         {"tests", tests}};
    return result.dump(2) + "\n";
}

} // namespace grading
