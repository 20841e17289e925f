#include "grading/exporters/exporters.h"
#include "tests/grading/fixture.h"

#include <algorithm>

#include <nlohmann/json.hpp>

using namespace grading;
using harness::Verdict;

namespace {

namespace fs = std::filesystem;

// Every byte there is, and what ends or starts something in one of the formats.
std::string hostile()
{
    std::string bytes =
        "]]> <b>&amp; ::error:: \x1b[31m \xed\xa0\x80 \xef\xbf\xbe \"quoted\" 'too' \xe2\x80";
    bytes += "\xae "; // the two turn the direction of writing
    for (int byte = 0; byte < 256; ++byte) {
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

TestResult result_of(const std::string& name, Verdict verdict, int task)
{
    TestResult test;
    test.report.test = name;
    test.report.verdict = verdict;
    test.report.seconds = 0.12;
    test.report.steps = {"alice connected", "alice asked"};
    test.report.reproduce = "make test LAB=02 ONLY=" + name;
    test.title = "it " + name;
    test.task = task;
    test.max_points = 5;
    if (verdict == Verdict::fail || verdict == Verdict::unstable) {
        test.report.failure = harness::Failure{"\"Ugly.\"", "nothing", "The parent waits."};
    } else if (verdict != Verdict::pass) {
        test.report.failure = harness::Failure{"", "no room", ""};
    }
    return test;
}

Record record_with_everything()
{
    Record record;
    record.lab = "02-fork";
    record.title = "A process for each client";
    record.submission = "labs/02-fork";
    record.started = record.finished = "2026-09-01T08:15:00Z";
    record.complete = true;
    record.tests = {
        result_of("Answers", Verdict::pass, 1),   result_of("Reaps", Verdict::fail, 1),
        result_of("Stops", Verdict::unstable, 0), result_of("Drops", Verdict::inconclusive, 1),
        result_of("Limits", Verdict::skipped, 1), result_of("ReapsMany", Verdict::not_run, 1)};
    record.chaff = record.tests[1].chaff = Chaff{"never-reaps", "Nobody collects the children."};
    add_up(record);
    return record;
}

Record hostile_record()
{
    Record record = record_with_everything();
    record.lab = record.title = record.submission = record.sentence = record.compiler_output =
        hostile();
    record.tier = record.started = record.finished = hostile();
    record.chaff = Chaff{hostile(), hostile()};
    for (TestResult& test : record.tests) {
        test.title = test.report.test = test.report.log = test.report.reproduce = hostile();
        test.report.steps = {hostile(), hostile()};
        test.report.wire = {{hostile(), true, hostile(), 7}, {hostile(), false, hostile(), {}}};
        test.report.failure = harness::Failure{hostile(), hostile(), hostile()};
        test.chaff = record.chaff;
    }
    return record;
}

Rubric some_rubric()
{
    return parse_rubric(fixture::rubric_of({"Answers"}), "x.yaml");
}

bool has(const std::string& text, const std::string& piece)
{
    return text.find(piece) != std::string::npos;
}

// Control characters other than newline and tab, or bytes that are no UTF-8.
bool is_clean(const std::string& text)
{
    return harness::readable(text, text.size() * 4) == text;
}

// With xmllint, a real parser; without it this says nothing.
testing::AssertionResult is_xml(const std::string& xml)
{
    const TemporaryFolder folder(fs::temp_directory_path());
    harness::write_atomically(folder.path() / "junit.xml", xml);
    try {
        output_of({"xmllint", "--noout", (folder.path() / "junit.xml").string()});
    } catch (const std::system_error&) {
        return testing::AssertionSuccess() << "xmllint is not installed";
    } catch (const std::runtime_error& error) {
        return testing::AssertionFailure() << error.what();
    }
    return testing::AssertionSuccess();
}

TEST(Text, HasALineForEachTest)
{
    const std::string text = as_text(record_with_everything(), some_rubric(), false);
    EXPECT_TRUE(has(text, "== Test Answers == PASS (0.1s)  5/5\n")) << text;
    EXPECT_TRUE(has(text, "== Test Reaps == FAIL (0.1s)  0/5\n"));
    EXPECT_TRUE(has(text, "== Test Stops == UNSTABLE (0.1s)  0/5\n"));
    EXPECT_TRUE(has(text, "== Test Drops == INCONCLUSIVE (0.1s)  0/5\n"));
    EXPECT_TRUE(has(text, "== Test Limits == SKIPPED (0.1s)  0/5\n"));
    EXPECT_TRUE(has(text, "== Test ReapsMany == NOT RUN  0/5\n"));
}

TEST(Text, EndsWithScoreTierAndWhatToDoNext)
{
    const std::string text = as_text(record_with_everything(), some_rubric(), false);
    EXPECT_TRUE(has(text, "Score: 5 of 20\nSandbox tier D: none.")) << text;
    const std::string guess = "What it looks like\n    Nobody collects the children.\n";
    EXPECT_TRUE(has(text, guess));
    EXPECT_EQ(text.find(guess), text.rfind(guess)); // once, however many tests it explains
    EXPECT_TRUE(has(text, "NOT COUNTED"));
    EXPECT_TRUE(has(text, "    Drops: inconclusive, 5 points\n    Limits: skipped, 5 points\n"));
    EXPECT_TRUE(text.ends_with("Next: make hint LAB=02 TASK=1\n"));
    EXPECT_TRUE(has(text, "make test LAB=02 ONLY=Reaps"));
}

TEST(Text, IsPlainUnlessColoured)
{
    EXPECT_FALSE(has(as_text(record_with_everything(), some_rubric(), false), "\x1b"));
    EXPECT_TRUE(has(as_text(record_with_everything(), some_rubric(), true), "\x1b[31mFAIL\x1b[0m"));
}

TEST(Text, SaysWhyASubmissionIsNotGraded)
{
    Record record = record_with_everything();
    record.outcome = Outcome::did_not_compile;
    record.sentence = "server.cpp does not compile.";
    record.compiler_output = "server.cpp:1: error";
    record.tests.clear();
    add_up(record);
    const std::string text = as_text(record, some_rubric(), false);
    EXPECT_TRUE(
        has(text, "did not compile: server.cpp does not compile.\n\n    server.cpp:1: error"));
    record.outcome = Outcome::infrastructure_error;
    EXPECT_TRUE(has(as_text(record, some_rubric(), false), "No score: the grader could not"));
}

TEST(Text, OfAGraderThatFailedNamesNoHint)
{
    Record record = record_with_everything();
    record.outcome = Outcome::infrastructure_error;
    EXPECT_TRUE(as_text(record, some_rubric(), false).ends_with("Next: make doctor\n"));
    EXPECT_TRUE(quick_summary(record, false).ends_with("Next: make doctor\n"));
    EXPECT_EQ(next_command(record), "");
}

TEST(Text, OfHostileBytesIsClean)
{
    EXPECT_TRUE(is_clean(as_text(hostile_record(), some_rubric(), false)));
    EXPECT_TRUE(is_clean(quick_summary(hostile_record(), false)));
}

TEST(QuickSummary, ShowsOneFailureAndNamesTheOthers)
{
    const std::string text = quick_summary(record_with_everything(), false);
    EXPECT_TRUE(has(text, "── FAIL ── Reaps"));
    EXPECT_FALSE(has(text, "── UNSTABLE ── Stops"));
    EXPECT_TRUE(has(text, "Also, each to be seen with ONLY=…\n    Stops, Drops, Limits\n"));
    EXPECT_TRUE(text.ends_with("5 of 20 points\nNext: make hint LAB=02 TASK=1\n"));
}

TEST(Gradescope, KeepsToWhatThePlatformReads)
{
    const auto results = nlohmann::json::parse(as_gradescope(record_with_everything()));
    EXPECT_EQ(results["score"], 7.5); // 5 of 20, and there are 30
    for (const auto& [key, value] : results.items()) {
        EXPECT_TRUE((std::set<std::string>{"score", "execution_time", "output", "output_format",
                                           "test_output_format", "visibility", "stdout_visibility",
                                           "tests", "extra_data", "leaderboard"}
                         .contains(key)))
            << key;
    }
    ASSERT_EQ(results["tests"].size(), 6U);
    for (const auto& test : results["tests"]) {
        EXPECT_TRUE(test["score"].is_number());
        EXPECT_TRUE(test["max_score"].is_number());
        EXPECT_LE(test["score"], test["max_score"]);
        EXPECT_TRUE(!test.contains("status") || test["status"] == "passed" ||
                    test["status"] == "failed");
        EXPECT_TRUE(test["tags"].is_array());
    }
    EXPECT_EQ(results["tests"][0]["status"], "passed");
    EXPECT_EQ(results["tests"][2]["status"], "failed");
    EXPECT_FALSE(results["tests"][3].contains("status")); // inconclusive
    EXPECT_EQ(results["tests"][3]["max_score"], 0);
    EXPECT_TRUE(has(results["tests"][5]["output"], "Not run: no room"));
}

TEST(Gradescope, HidesWhatTheRubricHides)
{
    Record record = record_with_everything();
    record.tests[0].visibility = record.tests[4].visibility = Visibility::hidden;
    record.tests[4].max_points = 0;
    record.tests[1].visibility = Visibility::after_published;
    record.tests[1].detail = Detail::expected_and_actual;
    record.tests[2].detail = Detail::name_only;
    const auto tests = nlohmann::json::parse(as_gradescope(record))["tests"];
    EXPECT_EQ(tests[0]["visibility"], "after_published"); // for the total's sake
    EXPECT_EQ(tests[0]["name"], "Answers");
    EXPECT_EQ(tests[4]["visibility"], "hidden");
    EXPECT_EQ(tests[1]["visibility"], "after_published");
    EXPECT_EQ(tests[1]["output"], "Expected  \"Ugly.\"\nGot       nothing\n");
    EXPECT_EQ(tests[2]["output"], "");
}

TEST(Gradescope, NeverGivesABareNought)
{
    Record record = record_with_everything();
    record.outcome = Outcome::infrastructure_error;
    record.sentence = "no driver";
    auto results = nlohmann::json::parse(as_gradescope(record));
    ASSERT_EQ(results["tests"].size(), 1U);
    EXPECT_EQ(results["tests"][0]["max_score"], 0);
    EXPECT_EQ(results["tests"][0]["status"], "failed");
    EXPECT_EQ(results["tests"][0]["output"], "no driver");
    record.outcome = Outcome::did_not_compile;
    record.compiler_output = "server.cpp:1: error";
    results = nlohmann::json::parse(as_gradescope(record));
    EXPECT_TRUE(has(results["output"], "server.cpp:1: error"));
    EXPECT_EQ(results["extra_data"]["verdict"], "did_not_compile");
}

TEST(Gradescope, OfHostileBytesIsJson)
{
    const auto results = nlohmann::json::parse(as_gradescope(hostile_record()));
    EXPECT_TRUE(is_clean(results["output"].get<std::string>()));
    EXPECT_TRUE(is_clean(results["tests"][1]["output"].get<std::string>()));
}

TEST(Junit, CountsEveryTestOnce)
{
    const std::string xml = as_junit(record_with_everything());
    EXPECT_TRUE(has(xml, "tests=\"6\" failures=\"2\" errors=\"1\" skipped=\"2\"")) << xml;
    EXPECT_TRUE(has(xml, "<testcase classname=\"02-fork\" name=\"Reaps\" time=\"0.120\">"));
    EXPECT_TRUE(is_xml(xml));
}

TEST(Junit, OfASubmissionThatIsNotGradedHasOneCase)
{
    Record record = record_with_everything();
    record.outcome = Outcome::did_not_compile;
    record.sentence = "server.cpp does not compile.";
    const std::string xml = as_junit(record);
    EXPECT_TRUE(has(xml, "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    EXPECT_TRUE(is_xml(xml));
}

TEST(Junit, OfHostileBytesIsXml)
{
    Record record = hostile_record();
    EXPECT_TRUE(is_xml(as_junit(record)));
    EXPECT_TRUE(is_clean(as_junit(record)));
    EXPECT_FALSE(has(as_junit(record), "]]>"));
    record.outcome = Outcome::rejected;
    EXPECT_TRUE(is_xml(as_junit(record)));
}

TEST(Json, IsTheRecord)
{
    EXPECT_EQ(as_json(hostile_record()), to_json(hostile_record()));
}

TEST(Wrapped, BreaksAtSpaces)
{
    EXPECT_EQ(wrapped("a b"), "    a b\n");
    std::string words;
    for (int i = 0; i < 60; ++i) {
        words += "word ";
    }
    const std::string text = wrapped(words);
    EXPECT_EQ(std::ranges::count(text, '\n'), 4);
    EXPECT_LE(text.find('\n'), 90U);
}

} // namespace
