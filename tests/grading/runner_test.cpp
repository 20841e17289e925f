#include "grading/runner.h"
#include "tests/grading/fixture.h"

#include <algorithm>
#include <csignal>

using namespace grading;
namespace fs = std::filesystem;
using harness::Report;
using harness::Verdict;

namespace {

Report run_with(Verdict verdict)
{
    Report report;
    report.verdict = verdict;
    return report;
}

std::string decision(const std::vector<Verdict>& verdicts, bool confirm = true)
{
    std::vector<Report> runs;
    std::ranges::transform(verdicts, std::back_inserter(runs), run_with);
    const auto verdict = decide(runs, confirm);
    return verdict ? std::string(to_string(*verdict)) : "again";
}

TEST(Decide, ConfirmsAFailAndRetriesTheInconclusive)
{
    using enum Verdict;
    EXPECT_EQ(decision({}), "again");
    EXPECT_EQ(decision({pass}), "pass");
    EXPECT_EQ(decision({skipped}), "skipped");
    EXPECT_EQ(decision({fail}), "again");
    EXPECT_EQ(decision({fail, fail}), "fail");
    EXPECT_EQ(decision({fail, pass}), "unstable");
    EXPECT_EQ(decision({fail, skipped}), "unstable"); // a server may bring a skip about
    EXPECT_EQ(decision({fail}, false), "fail");
    EXPECT_EQ(decision({inconclusive, inconclusive}), "again");
    EXPECT_EQ(decision({inconclusive, inconclusive, inconclusive}), "inconclusive");
    EXPECT_EQ(decision({inconclusive, pass}), "pass");
    EXPECT_EQ(decision({inconclusive, fail}), "again");
    EXPECT_EQ(decision({fail, inconclusive, fail}), "fail");
    EXPECT_EQ(decision({fail, inconclusive, inconclusive, inconclusive}), "inconclusive");
}

class RunnerTest : public fixture::Repository, public RunObserver {
protected:
    // Runs the tests of this rubric.
    Record& run_rubric(const std::string& yaml)
    {
        rubric = parse_rubric(yaml, "x.yaml");
        record = blank_record(lab, rubric);
        options.driver = layout.driver(lab);
        options.scratch = root;
        Interrupt interrupt;
        run_tests(record, rubric, options, interrupt, *this);
        return record;
    }
    Record& run(const std::vector<std::string>& tests)
    {
        return run_rubric(fixture::rubric_of(tests));
    }

    [[nodiscard]] std::string verdict_on(const std::string& test)
    {
        const auto found =
            std::ranges::find(record.tests, test, [](const auto& t) { return t.report.test; });
        return std::string(to_string(found->report.verdict));
    }

    void started(const std::string&) override {}
    void decided(const TestResult& result) override
    {
        order.push_back(result.report.test);
        if (on_decided) {
            on_decided();
        }
    }

    Rubric rubric;
    Record record;
    RunOptions options;
    std::vector<std::string> order;
    std::function<void()> on_decided;
};

TEST_F(RunnerTest, TakesTheVerdictsOfTheDriver)
{
    run({"Passes", "Fails", "Skips", "Inconclusive", "UnstablePassesSecondTime"});
    EXPECT_EQ(verdict_on("Passes"), "pass");
    EXPECT_EQ(verdict_on("Fails"), "fail");
    EXPECT_EQ(verdict_on("Skips"), "skipped");
    EXPECT_EQ(verdict_on("Inconclusive"), "inconclusive");
    EXPECT_EQ(verdict_on("UnstablePassesSecondTime"), "unstable");
    EXPECT_EQ(record.tests[4].report.failure->got, "two"); // the run that failed is shown
    EXPECT_EQ(record.score, 1);
    EXPECT_EQ(record.max_score, 3);
    EXPECT_EQ(runs_of("Passes"), 1);
    EXPECT_EQ(runs_of("Fails"), 2);
    EXPECT_EQ(runs_of("Inconclusive"), 3);
}

TEST_F(RunnerTest, DoesNotBlameTheStudentForABrokenGrader)
{
    for (const char* test :
         {"Crashes", "WritesNothing", "WritesGarbage", "WritesForAnother", "ClaimsUnstable"}) {
        const Report& report = run({test}).tests[0].report;
        EXPECT_EQ(verdict_on(test), "inconclusive");
        EXPECT_NE(report.failure->got.find("the grader broke"), std::string::npos);
        EXPECT_EQ(runs_of(test), 3);
    }
    EXPECT_EQ(run({"Crashes"}).tests[0].report.log, "last words\n");
    EXPECT_NE(record.tests[0].report.failure->got.find("SIGSEGV"), std::string::npos);
    EXPECT_EQ(record.max_score, 0);
}

TEST_F(RunnerTest, TriesAgainAfterACrash)
{
    run({"CrashesOnce"});
    EXPECT_EQ(verdict_on("CrashesOnce"), "pass");
}

TEST_F(RunnerTest, StopsADriverThatHangsWithAllThatItStarted)
{
    options.time_limit = harness::Seconds(0.3);
    run({"Hangs"});
    EXPECT_EQ(verdict_on("Hangs"), "inconclusive");
    EXPECT_NE(record.tests[0].report.failure->got.find("did not end"), std::string::npos);
    EXPECT_TRUE(harness::children_of(::getpid()).empty());
}

TEST_F(RunnerTest, LeavesNoOrphanOfADriverBehind)
{
    run({"LeavesAnOrphan"});
    EXPECT_EQ(verdict_on("LeavesAnOrphan"), "pass");
    EXPECT_TRUE(harness::children_of(::getpid()).empty());
}

TEST_F(RunnerTest, HandsTheCommandOnAsItIs)
{
    options.server = "pass";
    run({"AsksServer"});
    EXPECT_EQ(verdict_on("AsksServer"), "pass");
}

constexpr const char* grounds = R"(title: x
tests:
  - {test: PassesTop, points: 1, task: 0, title: x, depends_on: [PassesMiddle]}
  - {test: PassesMiddle, points: 1, task: 0, title: x, depends_on: [Fails]}
  - {test: Fails, points: 1, task: 0, title: x}
  - {test: PassesBesideASkip, points: 1, task: 0, title: x, depends_on: [Skips]}
  - {test: Skips, points: 1, task: 0, title: x}
tasks: []
)";

TEST_F(RunnerTest, DoesNotRunWhatStandsOnAFailedTest)
{
    run_rubric(grounds);
    EXPECT_EQ(verdict_on("PassesMiddle"), "not_run");
    EXPECT_EQ(verdict_on("PassesTop"), "not_run");
    EXPECT_EQ(verdict_on("PassesBesideASkip"), "pass");
    EXPECT_EQ(runs_of("PassesTop") + runs_of("PassesMiddle"), 0);
    EXPECT_EQ(record.tests[0].report.failure->got, "PassesMiddle, which this test stands on, did "
                                                   "not pass.");
    EXPECT_EQ(order.size(), 5U);
}

TEST_F(RunnerTest, RunsEverythingWhenGroundsAreNotHeeded)
{
    options.heed_grounds = false;
    run_rubric(grounds);
    EXPECT_EQ(verdict_on("PassesTop"), "pass");
}

TEST_F(RunnerTest, SaysHowToRepeatATest)
{
    options.reproduce = [](const std::string& test) { return "make test ONLY=" + test; };
    EXPECT_EQ(run({"Passes"}).tests[0].report.reproduce, "make test ONLY=Passes");
}

TEST_F(RunnerTest, EndsEverythingWhenInterrupted)
{
    options.jobs = 2;
    on_decided = [] { ::raise(SIGINT); };
    EXPECT_THROW(run({"Hangs", "Passes", "PassesToo", "PassesAsWell"}), Interrupted);
    EXPECT_EQ(verdict_on("Passes"), "pass");
    EXPECT_EQ(verdict_on("Hangs"), "not_run");
    EXPECT_EQ(verdict_on("PassesAsWell"), "not_run");
    EXPECT_TRUE(harness::children_of(::getpid()).empty());
}

TEST_F(RunnerTest, SaysWhichDriverCannotBeStarted)
{
    fs::remove(layout.driver(lab));
    EXPECT_THROW(run({"Passes"}), std::system_error);
}

} // namespace
