#include "grading/exporters/exporters.h"
#include "grading/exporters/formats.h"
#include "grading/exporters/student_view.h"

#include <set>

#include <gtest/gtest.h>

using namespace grading;
using harness::Verdict;

namespace {

TestResult result_of(const std::string& name, Verdict verdict)
{
    TestResult test;
    test.report.test = name;
    test.report.verdict = verdict;
    test.report.steps = {"alice connected"};
    test.report.log = "a line";
    test.report.reproduce = "make grade LAB=02 SUBMISSION='/class/alice' ONLY=" + name;
    test.max_points = 5;
    if (verdict != Verdict::pass) {
        test.report.failure = harness::Failure{"this", "that", "a cause"};
    }
    return test;
}

Record some_record()
{
    Record record;
    record.lab = "02-fork";
    record.submission = "/class/alice";
    record.complete = true;
    record.tests = {result_of("Answers", Verdict::pass), result_of("Reaps", Verdict::fail),
                    result_of("Secret", Verdict::fail)};
    record.tests[2].visibility = Visibility::hidden;
    record.chaff = record.tests[1].chaff = Chaff{"never-reaps", "Nobody collects.", "Secret"};
    add_up(record);
    return record;
}

TEST(StudentView, LeavesHiddenTestsOut)
{
    const Record view = student_view(some_record());
    ASSERT_EQ(view.tests.size(), 2U);
    EXPECT_EQ(view.max_score, 10);
    EXPECT_TRUE(keeps_tests_back(some_record()));
    EXPECT_FALSE(keeps_tests_back(view));
}

// A known bug is known by all tests that fail on it: to name it would tell of a hidden one.
TEST(StudentView, NamesNoBugThatAHiddenTestHasGivenAway)
{
    Record record = some_record();
    EXPECT_FALSE(student_view(record).chaff);
    EXPECT_FALSE(student_view(record).tests[1].chaff);
    record.tests.pop_back();
    EXPECT_TRUE(student_view(record).chaff);
}

TEST(StudentView, NamesNoHiddenGround)
{
    Record record = some_record();
    record.tests[1] = result_of("Reaps", Verdict::not_run);
    record.tests[1].report.failure->got = "Secret, on which it stands, has failed";
    EXPECT_EQ(told(student_view(record).tests[1]), "Not run: what it stands on has failed");
}

TEST(StudentView, TellsAsMuchAsTheDetailAllows)
{
    Record record = some_record();
    record.tests[1].detail = Detail::expected_and_actual;
    EXPECT_EQ(told(student_view(record).tests[1]), "Expected  this\nGot       that\n");
    record.tests[1].detail = Detail::name_only;
    EXPECT_EQ(told(student_view(record).tests[1]), "");
    EXPECT_TRUE(student_view(record).tests[1].report.log.empty());
}

TEST(StudentView, KnowsNoFolderOfTheInstructors)
{
    const Record view = student_view(some_record());
    EXPECT_EQ(view.submission, "alice");
    EXPECT_EQ(view.tests[1].report.reproduce, "make grade LAB=02 ONLY=Reaps");
}

TEST(Formats, AreFoundByTheirNames)
{
    std::set<std::string_view> names;
    for (const Format& format : formats()) {
        names.insert(format.name);
        EXPECT_EQ(&format_named(format.name), &format);
        EXPECT_NE(format_table().find(std::string(format.name)), std::string::npos);
        if (format.audience == Audience::student && format.environment.empty()) {
            EXPECT_EQ(format.make(some_record(), Rubric{}).find("Secret"), std::string::npos)
                << format.name;
        }
    }
    EXPECT_EQ(names.size(), formats().size());
}

TEST(Formats, TellWhatThereIsInsteadOfAWrongName)
{
    try {
        format_named("xml");
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find(format_names()), std::string::npos);
    }
    EXPECT_THROW(usable_format("classroom50"), std::invalid_argument); // no platform here
}

} // namespace
