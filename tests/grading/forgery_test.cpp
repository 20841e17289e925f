#include "grading/forgery.h"

#include <gtest/gtest.h>

using namespace grading;
using harness::Failure;
using harness::Verdict;

namespace {

Record record_of(Verdict verdict, const std::string& log, const std::string& cause)
{
    Record record;
    TestResult& test = record.tests.emplace_back();
    test.report.verdict = verdict;
    test.report.log = log;
    if (verdict != Verdict::pass) {
        test.report.failure = Failure{"an answer", "nothing", cause};
    }
    return record;
}

} // namespace

TEST(Forgery, IsSaidToBeForNothingBesideTheLikelyCause)
{
    Record record = record_of(Verdict::fail, "hello\n[  PASSED  ] 33 tests.\n", "It sleeps.");
    note_forgeries(record);
    EXPECT_EQ(record.tests[0].report.failure->cause,
              "It sleeps. The server prints a result of its own: marks come from the test driver "
              "only.");
    EXPECT_EQ(record.tests[0].report.verdict, Verdict::fail);
}

TEST(Forgery, IsNotSeenInAnHonestLog)
{
    Record record = record_of(Verdict::fail, "listening on 127.0.0.1:9\nconnected\n", "It sleeps.");
    note_forgeries(record);
    EXPECT_EQ(record.tests[0].report.failure->cause, "It sleeps.");
}

TEST(Forgery, IsNoMatterWhereTheTestHasPassed)
{
    Record record = record_of(Verdict::pass, "== Test StopsWhenAsked == PASS (0.01s)\n", "");
    note_forgeries(record);
    EXPECT_FALSE(record.tests[0].report.failure);
}
