#include "grading/mark_statistics.h"
#include "grading/record.h"
#include "tests/grading/fixture.h"

#include <algorithm>

#include <nlohmann/json.hpp>

using namespace grading;
using harness::Verdict;

namespace {

Record record_with(const std::vector<Verdict>& verdicts)
{
    Record record;
    record.lab = "02-fork";
    for (const Verdict verdict : verdicts) {
        TestResult& test = record.tests.emplace_back();
        test.report.test = "Test" + std::to_string(record.tests.size());
        test.report.verdict = verdict;
        test.max_points = 10;
    }
    add_up(record);
    return record;
}

TEST(Score, CountsPassesAlone)
{
    const Record record = record_with(
        {Verdict::pass, Verdict::fail, Verdict::unstable, Verdict::not_run, Verdict::pass});
    EXPECT_EQ(record.score, 20);
    EXPECT_EQ(record.max_score, 50);
    EXPECT_EQ(record.tests[0].points, 10);
    EXPECT_EQ(record.tests[2].points, 0);
}

TEST(Score, LeavesOutWhatIsNotTheStudentsFault)
{
    const Record record =
        record_with({Verdict::pass, Verdict::skipped, Verdict::inconclusive, Verdict::fail});
    EXPECT_EQ(record.score, 10);
    EXPECT_EQ(record.max_score, 20);
}

TEST(MarkStatistics, KnowTheMiddle)
{
    MarkStatistics marks;
    EXPECT_EQ(marks.median(), 0);
    EXPECT_EQ(marks.mean(), 0);
    for (const double mark : {7.0, 1.0, 1.0}) {
        marks.add(mark);
    }
    EXPECT_EQ(marks.median(), 1);
    EXPECT_EQ(marks.mean(), 3);
    marks.add(8);
    EXPECT_EQ(marks.median(), 4); // half way between 1 and 7
    EXPECT_EQ(marks.least(), 1);
    EXPECT_EQ(marks.most(), 8);
}

TEST(NextCommand, IsOfATestThatCounts)
{
    Record record = record_with({Verdict::skipped, Verdict::inconclusive, Verdict::fail});
    EXPECT_EQ(next_command(record), "make test LAB=02 ONLY=Test3");
    record.tests[2].task = 4;
    EXPECT_EQ(next_command(record), "make hint LAB=02 TASK=4");
    record.tests[2].report.verdict = Verdict::pass;
    EXPECT_EQ(next_command(record), "");
}

TEST(Score, IsScaledToThePointsOfAllTests)
{
    const Record record =
        record_with({Verdict::pass, Verdict::skipped, Verdict::pass, Verdict::fail});
    EXPECT_EQ(full_points(record), 40);
    EXPECT_EQ(scaled_score(record), 26.67); // 20 of 30
    EXPECT_EQ(scaled_score(record_with({Verdict::pass, Verdict::fail})), 10);
    EXPECT_EQ(scaled_score(record_with({Verdict::skipped})), 0);
}

TEST(Record, StartsWithEveryTestNotRun)
{
    const Record record =
        blank_record("02-fork", parse_rubric(fixture::rubric_of({"One", "Two"}), "x.yaml"));
    ASSERT_EQ(record.tests.size(), 2U);
    EXPECT_EQ(record.tests[1].report.verdict, Verdict::not_run);
    EXPECT_EQ(record.max_score, 2);
    EXPECT_FALSE(record.complete);
    EXPECT_EQ(record.tier, "D");
}

TEST(Record, GivesBackWhatWentIn)
{
    Record record = record_with({Verdict::pass, Verdict::fail});
    record.outcome = Outcome::did_not_compile;
    record.sentence = "server.cpp does not compile.";
    record.compiler_output = "error";
    record.chaff = Chaff{"never-reaps", "Children are never collected."};
    record.tests[1].chaff = record.chaff;
    record.tests[1].visibility = Visibility::hidden;
    record.tests[1].detail = Detail::name_only;
    record.tests[1].report.wire = {{"alice", true, std::string("\0\xff", 2), 1}};
    record.tests[1].report.failure = harness::Failure{"a", "b", "c"};
    record.hashes = {"1", "2", "3"};
    record.seconds = 1.5;
    const Record again = record_from_json(to_json(record));
    EXPECT_EQ(to_json(again), to_json(record));
    EXPECT_EQ(again.outcome, Outcome::did_not_compile);
    EXPECT_EQ(again.tests[1].report.wire[0].bytes, std::string("\0\xff", 2));
    EXPECT_EQ(again.tests[1].visibility, Visibility::hidden);
}

TEST(Record, HasTheKeysThatOthersReadAndSortedOnes)
{
    Record record = record_with({Verdict::not_run});
    const auto json = nlohmann::ordered_json::parse(to_json(record));
    for (const char* key :
         {"schema", "lab", "verdict", "score", "max_score", "tier", "chaff", "tests"}) {
        EXPECT_TRUE(json.contains(key)) << key;
    }
    for (const char* key : {"name", "task", "verdict", "points", "max_points", "chaff", "steps",
                            "log", "reproduce", "wire", "failure", "seconds", "visibility"}) {
        EXPECT_TRUE(json["tests"][0].contains(key)) << key;
    }
    EXPECT_EQ(json["tests"][0]["verdict"], "not_run");
    std::vector<std::string> keys;
    for (const auto& entry : json.items()) {
        keys.push_back(entry.key());
    }
    EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST(Record, TakesHostileBytesEverywhere)
{
    const std::string bytes = "\xff\x1b[31m]]>&<\xc2\x9b\"\n" + std::string(2, '\0');
    Record record = record_with({Verdict::fail});
    record.submission = record.sentence = record.compiler_output = record.title = bytes;
    record.chaff = Chaff{bytes, bytes};
    record.tests[0].title = bytes;
    record.tests[0].report.test = bytes;
    record.tests[0].report.log = record.tests[0].report.reproduce = bytes;
    const std::string text = to_json(record);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(to_json(record_from_json(text)), text);
}

TEST(Record, OfSomethingElseIsRefused)
{
    for (const char* text : {"", "null", "[]", "{}", R"({"schema": 2})", R"({"schema": "1"})"}) {
        EXPECT_THROW(record_from_json(text), std::runtime_error) << text;
    }
    EXPECT_THROW(load_record("no/such/file"), std::runtime_error);
}

} // namespace
