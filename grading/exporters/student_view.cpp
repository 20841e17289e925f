#include "grading/exporters/student_view.h"

#include "grading/exporters/exporters.h"
#include "grading/layout.h"
#include "grading/spoken.h"

#include <algorithm>

namespace grading {

namespace {

using harness::Verdict;

bool is_secret(const TestResult& test, Visibility shown)
{
    return test.visibility == Visibility::hidden || test.visibility > shown;
}

bool failed(const TestResult& test)
{
    return test.report.verdict == Verdict::fail || test.report.verdict == Verdict::unstable;
}

// The name of a known bug tells which tests failed, all of them together.
bool bug_may_be_named(const Record& record, Visibility shown)
{
    return std::ranges::all_of(record.tests, [&](const TestResult& test) {
        return !failed(test) || (!is_secret(test, shown) && test.detail == Detail::full);
    });
}

// Does the text name a test that a student may not see, or say what became of it?
bool gives_away(const std::string& text, const Record& record, Visibility shown)
{
    return std::ranges::any_of(record.tests, [&](const TestResult& test) {
        const auto& failure = test.report.failure;
        const std::string got = failure ? failure->got : "";
        return is_secret(test, shown) && (text.find(test.report.test) != std::string::npos ||
                                          (!got.empty() && text.find(got) != std::string::npos));
    });
}

// Only name and verdict; for a test without a certain verdict also why, which is no fault of the
// submission's.
harness::Report bare(const harness::Report& report)
{
    harness::Report result;
    result.test = report.test;
    result.verdict = report.verdict;
    result.seconds = report.seconds;
    return result;
}

void keep_details_back(TestResult& test)
{
    if (test.detail == Detail::full) {
        return;
    }
    const auto failure = test.report.failure;
    test.report = bare(test.report);
    if (test.detail == Detail::expected_and_actual && failure) {
        test.report.failure = harness::Failure{failure->expected, failure->got, ""};
    }
}

// Where an instructor had put the submission is no place on the student's machine.
void in_students_words(harness::Report& report, const std::string& lab)
{
    if (report.reproduce.find(" SUBMISSION=") != std::string::npos) {
        report.reproduce = "make grade LAB=" + short_name(lab) + " ONLY=" + report.test;
    }
}

} // namespace

Record with_details_kept_back(const Record& record, Visibility shown)
{
    Record view = record;
    const bool may_be_named = bug_may_be_named(record, shown);
    for (TestResult& test : view.tests) {
        keep_details_back(test);
        auto& failure = test.report.failure;
        if (test.report.verdict == Verdict::not_run && failure &&
            gives_away(failure->got, record, shown)) {
            failure->got = "what it stands on has failed";
        }
        test.chaff = may_be_named ? test.chaff : std::nullopt;
    }
    view.chaff = may_be_named ? view.chaff : std::nullopt;
    if (gives_away(view.sentence, record, shown)) {
        view.sentence = "The grading could not be finished.";
    }
    return view;
}

Record student_view(const Record& record, Visibility shown)
{
    Record view = with_details_kept_back(record, shown);
    std::erase_if(view.tests, [&](const TestResult& test) { return is_secret(test, shown); });
    view.submission = std::filesystem::path(view.submission).filename().string();
    for (TestResult& test : view.tests) {
        in_students_words(test.report, view.lab);
    }
    add_up(view);
    return view;
}

bool keeps_tests_back(const Record& record, Visibility shown)
{
    return std::ranges::any_of(record.tests,
                               [&](const TestResult& test) { return is_secret(test, shown); });
}

std::string told(const TestResult& test)
{
    const Verdict verdict = test.report.verdict;
    const auto& failure = test.report.failure;
    const std::string got = failure ? failure->got : "";
    if (verdict == Verdict::pass) {
        return "";
    }
    if (verdict == Verdict::not_run) {
        return got.empty() ? "Not run." : "Not run: " + got;
    }
    if (test.detail == Detail::name_only) {
        return counts_not(verdict) ? "No certain verdict: does not count." : "";
    }
    if (test.detail == Detail::full) {
        return test_report(test);
    }
    const bool expects = failure && !failure->expected.empty();
    return (expects ? "Expected  " + failure->expected + "\n" : "") +
           (got.empty() ? "" : "Got       " + got + "\n");
}

std::string remark_on(const Record& record)
{
    std::string text;
    if (record.outcome != Outcome::graded) {
        text = spoken(to_string(record.outcome)) + ": " + record.sentence;
    } else if (!record.complete) {
        text = "Not every test has run, so this is no final result. " + record.sentence;
    } else {
        text = record.sentence;
    }
    return text;
}

std::string remark_on_scale(const Record& view)
{
    const int full = full_points(view);
    const bool all_count = view.max_score == full || view.max_score == 0;
    return view.outcome != Outcome::graded || all_count
               ? ""
               : "Tests without a certain verdict do not count: the others stand for all " +
                     std::to_string(full) + " points.";
}

int tests_decided(const Record& record)
{
    return static_cast<int>(std::ranges::count_if(record.tests, [](const TestResult& test) {
        return test.report.verdict != Verdict::not_run || test.report.failure;
    }));
}

} // namespace grading
