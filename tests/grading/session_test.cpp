#include "grading/record.h"
#include "grading/session.h"
#include "tests/grading/fixture.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

using namespace grading;
namespace fs = std::filesystem;
using harness::Verdict;

namespace {

class SessionTest : public fixture::Repository {
protected:
    SessionTest()
    {
        request.layout = layout;
        request.lab = lab;
        request.format = "json";
        request.out = root / "out.json";
        write(layout.students_folder(lab) / "server.cpp", "int main() {}");
        write(root / "other/server.cpp", "int main() {}");
    }
    int grade(const std::vector<std::string>& tests)
    {
        use_tests(tests);
        return grade_one(request);
    }
    [[nodiscard]] Record result() const { return load_record(request.out); }

    Request request;
};

TEST_F(SessionTest, GradesWhateverTheMarks)
{
    EXPECT_EQ(grade({"Passes", "Fails"}), exit_graded);
    const Record record = result();
    EXPECT_EQ(record.outcome, Outcome::graded);
    EXPECT_TRUE(record.complete);
    EXPECT_EQ(record.score, 1);
    EXPECT_EQ(record.max_score, 2);
    EXPECT_EQ(record.hashes.submission.size(), 64U);
    EXPECT_EQ(record.hashes.suite.size(), 64U);
    EXPECT_EQ(record.hashes.toolchain.size(), 64U);
    EXPECT_EQ(record.tests[1].report.reproduce, "make grade LAB=01 ONLY=Fails");
    EXPECT_EQ(load_record(layout.record(lab)).score, 1);
    EXPECT_TRUE(fs::is_empty(layout.scratch()));
}

TEST_F(SessionTest, KnowsTheStudentsOwnFolderByItsName)
{
    request.submission = layout.students_folder(lab);
    request.only = {"Fails"};
    grade({"Passes", "Fails"});
    EXPECT_EQ(result().tests[0].report.reproduce, "make grade LAB=01 ONLY=Fails");
    EXPECT_FALSE(fs::exists(layout.record(lab))); // one test says too little
    request.quick = true;
    request.submission.clear();
    request.server = layout.students_server(lab);
    write(request.server, "");
    grade({"Passes", "Fails"});
    EXPECT_EQ(result().tests[0].report.reproduce, "make test LAB=01 ONLY=Fails");
}

TEST_F(SessionTest, HashesDependOnNothingElse)
{
    grade({"Passes"});
    const Hashes before = result().hashes;
    grade({"Passes"});
    EXPECT_EQ(result().hashes.suite, before.suite);
    EXPECT_EQ(result().hashes.submission, before.submission);
    EXPECT_EQ(result().hashes.toolchain, before.toolchain);
    grade({"Passes", "PassesToo"});
    EXPECT_NE(result().hashes.suite, before.suite);
}

TEST_F(SessionTest, GradesAServerInAnyLanguage)
{
    request.server = "python3 '$HOME/my server.py'";
    EXPECT_EQ(grade({"Passes"}), exit_graded);
    EXPECT_EQ(result().submission, request.server);
    EXPECT_EQ(result().tests[0].report.reproduce,
              R"(make grade LAB=01 SERVER='python3 '\''$$HOME/my server.py'\''' ONLY=Passes)");
}

TEST_F(SessionTest, HasAVerdictForWhatCannotBeGraded)
{
    write(root / "bad/server.cpp", "int main() { return nothing; }");
    request.submission = root / "bad";
    EXPECT_EQ(grade({"Passes"}), exit_graded);
    EXPECT_EQ(result().outcome, Outcome::did_not_compile);
    EXPECT_NE(result().compiler_output.find("nothing"), std::string::npos);
    EXPECT_EQ(result().tests[0].report.verdict, Verdict::not_run);
    request.submission = root / "none";
    EXPECT_EQ(grade({"Passes"}), exit_graded);
    EXPECT_EQ(result().outcome, Outcome::no_submission);
}

TEST_F(SessionTest, SaysWhenTheGraderItselfFails)
{
    EXPECT_EQ(grade({"Crashes"}), exit_infrastructure);
    EXPECT_EQ(result().outcome, Outcome::infrastructure_error);
    EXPECT_NE(result().sentence.find("the grader broke"), std::string::npos);
    fs::remove(layout.driver(lab));
    EXPECT_EQ(grade({"Passes"}), exit_infrastructure);
    EXPECT_NE(result().sentence.find("is not built; run make"), std::string::npos);
}

// A machine that lacks what one test needs, and fails in the other: no nought of nought points.
TEST_F(SessionTest, GivesNoScoreWhenNothingIsCertain)
{
    EXPECT_EQ(grade({"Skips", "Inconclusive"}), exit_infrastructure);
    EXPECT_EQ(result().outcome, Outcome::infrastructure_error);
    EXPECT_EQ(result().sentence, "No test came to a certain verdict: no room");
    EXPECT_EQ(grade({"Skips", "Fails"}), exit_graded);
}

TEST_F(SessionTest, RunsOneTestAlone)
{
    request.only = {"Fails"};
    EXPECT_EQ(grade({"Passes", "Fails"}), exit_graded);
    EXPECT_EQ(result().tests.size(), 1U);
    EXPECT_EQ(runs_of("Passes"), 0);
    request.only = {"Nothing"};
    try {
        grade({"Passes", "Fails"});
        FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(),
                     "'Nothing' is no test of lab 01-one; there are:\n  Passes\n  Fails");
    }
}

TEST_F(SessionTest, NamesTheBug)
{
    write(layout.chaffs(lab) / "the-bug.patch",
          "Caught-by: Fails\nSentence: It is this.\n\n--- a\n");
    grade({"Passes", "Fails"});
    ASSERT_TRUE(result().chaff);
    EXPECT_EQ(result().chaff->name, "the-bug");
    EXPECT_EQ(result().tests[1].chaff->sentence, "It is this.");
}

TEST_F(SessionTest, QuickTakesTheServerThatMakeBuiltAndRemembersTheResult)
{
    request.quick = true;
    EXPECT_EQ(grade({"Passes", "Fails"}), exit_infrastructure); // not built
    write(layout.students_server(lab), "");
    EXPECT_EQ(grade({"Passes", "Fails"}), exit_failed);
    EXPECT_EQ(runs_of("Fails"), 1); // not confirmed
    EXPECT_EQ(load_record(layout.record(lab)).tests[1].report.reproduce,
              "make test LAB=01 ONLY=Fails");
    EXPECT_EQ(grade({"Passes"}), exit_graded);
}

TEST_F(SessionTest, KeepsSomebodyElsesRecordApart)
{
    request.submission = root / "other";
    grade({"Passes"});
    EXPECT_EQ(result().tests[0].report.reproduce,
              "make grade LAB=01 SUBMISSION=" + (root / "other").string() + " ONLY=Passes");
    EXPECT_FALSE(fs::exists(layout.record(lab)));
    request.record = root / "kept.json";
    grade({"Passes"});
    EXPECT_TRUE(load_record(root / "kept.json").complete);
}

TEST_F(SessionTest, RefusesAnOutputThatCannotBeWritten)
{
    request.out = root / "no/such/folder/out.json";
    EXPECT_THROW(grade({"Passes"}), std::system_error);
}

TEST_F(SessionTest, RefusesABrokenRubric)
{
    write(layout.rubric(lab), "title: x\n");
    EXPECT_THROW(grade_one(request), RubricError);
}

// The program itself, which make builds beside the tests.
class Program : public SessionTest {
protected:
    struct Ending {
        int code;
        std::string output;
        std::string errors;
    };

    void SetUp() override
    {
        program = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "grading/grade";
        if (!fs::exists(program)) {
            GTEST_SKIP() << program << " is not built";
        }
        use_tests({"Passes", "Fails"});
        write(layout.students_server(lab), "");
    }
    [[nodiscard]] Ending run(std::vector<std::string> arguments) const
    {
        const lab::UniqueFd output = memory_file();
        const lab::UniqueFd errors = memory_file();
        arguments.insert(arguments.begin(), {program.string(), "--root", root.string()});
        harness::Command command{.arguments = arguments, .directory = {}};
        command.output = output.get();
        command.errors = errors.get();
        const auto status = harness::spawn(command).wait(harness::Seconds(60));
        return {status ? status->code : -1, contents_of(output.get(), 100'000),
                contents_of(errors.get(), 100'000)};
    }

    fs::path program;
};

TEST_F(Program, ListsLabsWhenTheLabIsWrong)
{
    for (const std::string name : {"3", "01-two", "", "1"}) {
        const Ending end = run({"--lab", name});
        EXPECT_EQ(end.code, exit_usage);
        EXPECT_NE(end.errors.find("there are: 01-one"), std::string::npos) << end.errors;
        EXPECT_EQ(std::ranges::count(end.errors, '\n'), 1);
    }
    EXPECT_EQ(run({"--list-labs"}).output, "01-one\n");
    EXPECT_EQ(run({"--list-tests", "--lab", "01"}).output, "Passes\nFails\n");
}

TEST_F(Program, RefusesWrongFlags)
{
    EXPECT_EQ(run({"--lab", "01", "--format", "pdf"}).code, exit_usage);
    EXPECT_EQ(run({"--nonsense"}).code, exit_usage);
    EXPECT_EQ(run({"--lab", "01", "--only", "Nothing"}).code, exit_usage);
    EXPECT_EQ(run({"--lab", "01", "--jobs", "many"}).code, exit_usage);
    EXPECT_EQ(run({"--help"}).code, exit_graded);
}

TEST_F(Program, ChecksRubricsAgainstTests)
{
    EXPECT_EQ(run({"--check-rubric"}).code, 0);
    use_tests({"Passes", "Other"});
    const Ending end = run({"--check-rubric", "--lab", "01"});
    EXPECT_EQ(end.code, exit_failed);
    EXPECT_NE(end.errors.find("no test is named 'Other'"), std::string::npos);
    EXPECT_NE(end.errors.find("test 'Fails' has no row"), std::string::npos);
}

TEST_F(Program, PrintsTheReport)
{
    const Ending end = run({"--lab", "01", "--quick"});
    EXPECT_EQ(end.code, exit_failed);
    EXPECT_NE(end.output.find("== Test Passes == PASS"), std::string::npos);
    EXPECT_NE(end.output.find("── FAIL ── Fails"), std::string::npos);
    EXPECT_EQ(end.output.find('\x1b'), std::string::npos);
    EXPECT_EQ(end.errors, "");
}

TEST_F(Program, GivesOneHintAfterTheOther)
{
    EXPECT_EQ(run({"hint", "--lab", "01"}).code, exit_usage); // no result yet
    EXPECT_NE(run({"--lab", "01", "--quick"}).code, exit_usage);
    for (const char* hint : {"think\n", "think again\n", "do this\n", "do this\n"}) {
        const Ending end = run({"hint", "--lab", "01"});
        EXPECT_TRUE(end.output.ends_with(hint)) << end.output;
    }
    EXPECT_EQ(run({"hint", "--lab", "01", "--task", "7"}).code, exit_usage);
    use_tests({"Passes"});
    EXPECT_NE(run({"--lab", "01", "--quick"}).code, exit_usage);
    EXPECT_NE(run({"hint", "--lab", "01"}).output.find("every test passes"), std::string::npos);
}

TEST_F(Program, ShowsTheProgressOfEachLab)
{
    EXPECT_NE(run({"progress"}).output.find("not tried yet"), std::string::npos);
    EXPECT_NE(run({"--lab", "01", "--quick"}).code, exit_usage);
    EXPECT_NE(run({"progress"}).output.find("1 of 2"), std::string::npos);
    std::string interrupted = contents_of(layout.record(lab));
    const std::string graded = "\"graded\"";
    interrupted.replace(interrupted.find(graded), graded.size(), "\"infrastructure_error\"");
    write(layout.record(lab), interrupted);
    EXPECT_NE(run({"progress"}).output.find("no result"), std::string::npos);
    write(layout.record(lab), "damaged");
    EXPECT_NE(run({"progress"}).output.find("cannot be read"), std::string::npos);
}

// Ctrl-C as soon as the test that never ends is running.
harness::ExitStatus interrupt(const std::vector<std::string>& arguments,
                              const std::function<bool()>& now)
{
    auto process = harness::spawn({.arguments = arguments, .directory = {}});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!now() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    ::kill(process.pid(), SIGINT);
    return process.wait(harness::Seconds(60)).value();
}

TEST_F(Program, LeavesAWholeRecordWhenInterrupted)
{
    use_tests({"Passes", "Hangs"});
    const std::vector<std::string> arguments{
        program.string(), "--root", root.string(), "--lab", "01",    "--server",          "true",
        "--jobs",         "1",      "--format",    "json",  "--out", request.out.string()};
    EXPECT_EQ(interrupt(arguments, [this] { return runs_of("Hangs") > 0; }).code, exit_interrupted);
    EXPECT_EQ(result().tests[0].report.verdict, Verdict::pass);
    EXPECT_EQ(result().tests[1].report.verdict, Verdict::not_run);
    EXPECT_FALSE(result().complete);
    EXPECT_NE(result().sentence.find("interrupted"), std::string::npos);
    EXPECT_TRUE(fs::is_empty(layout.scratch()));
}

TEST_F(Program, RemembersTheResultOfBeforeWhenInterrupted)
{
    const std::vector<std::string> arguments{
        program.string(), "--root", root.string(), "--lab", "01", "--jobs", "1"};
    grade({"Passes", "Fails"});
    use_tests({"Passes", "Hangs"});
    EXPECT_EQ(interrupt(arguments, [this] { return runs_of("Hangs") > 0; }).code, exit_interrupted);
    const Record remembered = load_record(layout.record(lab));
    EXPECT_TRUE(remembered.complete);
    EXPECT_EQ(remembered.score, 1);
    EXPECT_EQ(load_record(layout.record(lab).string() + ".part").tests[0].report.verdict,
              Verdict::pass);
    grade({"Passes"});
    EXPECT_EQ(load_record(layout.record(lab)).max_score, 1);
    EXPECT_FALSE(fs::exists(layout.record(lab).string() + ".part"));
}

TEST_F(SessionTest, RemovesWhatAKilledGraderHasLeft)
{
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(2);
    const fs::path abandoned = layout.scratch() / "grade.abcdef";
    const fs::path not_ours = layout.scratch() / "something";
    const TemporaryFolder in_use(layout.scratch());
    for (const fs::path& folder : {abandoned, not_ours, in_use.path()}) {
        write(folder / "file", "");
        fs::last_write_time(folder, old);
    }
    remove_abandoned(layout.scratch());
    EXPECT_FALSE(fs::exists(abandoned));
    EXPECT_TRUE(fs::exists(not_ours));
    EXPECT_TRUE(fs::exists(in_use.path()));
}

} // namespace
