#include "grading/pages/for_student.h"

#include <algorithm>
#include <set>

namespace grading {

namespace {

using harness::Verdict;

bool may_see(const TestResult& test, Visibility shown)
{
    return test.visibility != Visibility::hidden && test.visibility <= shown;
}

void keep_as_much_as_allowed(TestResult& test)
{
    harness::Report& report = test.report;
    if (test.detail == Detail::full) {
        return;
    }
    report.steps.clear();
    report.wire.clear();
    report.log.clear();
    test.chaff.reset();
    if (test.detail == Detail::name_only) {
        report.failure.reset();
    } else if (report.failure) {
        report.failure->cause.clear();
    }
}

bool names_one_of(const std::string& text, const std::set<std::string>& tests)
{
    return std::ranges::any_of(
        tests, [&](const std::string& test) { return text.find(test) != std::string::npos; });
}

// The reason of a test that was not run names its ground, which may be one that nobody may see.
void forget(const std::set<std::string>& withheld, TestResult& test)
{
    auto& failure = test.report.failure;
    if (failure && names_one_of(failure->expected + failure->got + failure->cause, withheld)) {
        failure = harness::Failure{"", "what it stands on has not passed", ""};
    }
}

bool tells_of(const std::optional<Chaff>& chaff, const std::set<std::string>& withheld)
{
    return chaff && !withheld.empty() && (chaff->test.empty() || withheld.contains(chaff->test));
}

} // namespace

StudentView for_student(Record record, Visibility shown)
{
    std::set<std::string> withheld;
    bool all_full = true;
    for (const TestResult& test : record.tests) {
        all_full = all_full && test.detail == Detail::full;
        if (!may_see(test, shown)) {
            withheld.insert(test.report.test);
        }
    }
    std::erase_if(record.tests, [&](const TestResult& test) { return !may_see(test, shown); });
    for (TestResult& test : record.tests) {
        keep_as_much_as_allowed(test);
        forget(withheld, test);
        if (tells_of(test.chaff, withheld)) {
            test.chaff.reset();
        }
    }
    const auto caught_in_full = [&](const TestResult& test) {
        return test.report.test == record.chaff->test && test.detail == Detail::full;
    };
    if (tells_of(record.chaff, withheld) ||
        (record.chaff && !all_full && std::ranges::none_of(record.tests, caught_in_full))) {
        record.chaff.reset();
    }
    if (!withheld.empty() && record.outcome == Outcome::infrastructure_error) {
        record.sentence = "The grader could not do its work.";
    }
    if (record.outcome == Outcome::graded) {
        add_up(record);
    }
    return {std::move(record), !withheld.empty()};
}

} // namespace grading
