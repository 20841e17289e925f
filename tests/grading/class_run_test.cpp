#include "tests/grading/class_fixture.h"

#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <sys/file.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class ClassRunTest : public fixture::Class {};

TEST_F(ClassRunTest, GradesEveryoneOnEveryLab)
{
    submit("alice", "01-one", "Alpha Beta Gamma");
    submit("alice", "labs/02-two", "Alpha");
    submit("bob", "01", "Alpha Beta");
    submit("carol", "01-one", "broken");
    const Ending end = grade();
    EXPECT_EQ(end.code, 0) << end.errors;
    EXPECT_EQ(mark("alice", "01-one").mark, 3);
    EXPECT_EQ(mark("alice", "02-two").mark, 1);
    EXPECT_EQ(mark("bob", "01-one").mark, 2);
    EXPECT_THROW(static_cast<void>(mark("bob", "02-two")), std::out_of_range);
    EXPECT_EQ(mark("carol", "01-one").outcome, "did_not_compile");
    EXPECT_NE(end.output.find("students: 3, units: 4, graded now: 4"), std::string::npos)
        << end.output;
    EXPECT_TRUE(fs::is_empty(out / "scratch"));
}

TEST_F(ClassRunTest, DoesNothingWhenNothingHasChanged)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const std::string before = contents_of(out / "gradebook.json");
    const Ending end = grade();
    EXPECT_EQ(compilations(), 1);
    EXPECT_NE(end.output.find("graded now: 0\n"), std::string::npos);
    EXPECT_EQ(contents_of(out / "gradebook.json"), before);
}

TEST_F(ClassRunTest, GradesTheSameWorkOnce)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Alpha");
    EXPECT_EQ(grade().code, 0);
    EXPECT_EQ(compilations(), 1);
    EXPECT_EQ(mark("bob", "01-one").record, mark("alice", "01-one").record);
}

TEST_F(ClassRunTest, GradesAgainWhatHasChanged)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Beta");
    grade();
    submit("alice", "01-one", "Alpha Gamma");
    grade();
    EXPECT_EQ(compilations(), 3);
    EXPECT_EQ(mark("alice", "01-one").mark, 2);
    // The suite is part of the key: now everything is graded again.
    write(layout.rubric("01-one"), fixture::rubric_of({"Alpha"}));
    grade();
    EXPECT_EQ(mark("alice", "01-one").max_score, 1);
    EXPECT_EQ(mark("bob", "01-one").mark, 0);
}

TEST_F(ClassRunTest, GradesAgainWhenTheCompilersFlagsHaveChanged)
{
    submit("alice", "01-one", "Alpha");
    grade();
    write(layout.compile_command(lab),
          (root / "compiler").string() + " -O2 {source} -o {program}\n");
    grade();
    EXPECT_EQ(compilations(), 2);
}

TEST_F(ClassRunTest, SeesAChangeThatKeepsSizeAndTime)
{
    submit("alice", "01-one", "Alpha");
    const fs::path file = submissions / "alice/01-one/server.cpp";
    const auto time = fs::last_write_time(file);
    grade();
    submit("alice", "01-one", "Nothi");
    fs::last_write_time(file, time);
    grade();
    EXPECT_EQ(mark("alice", "01-one").mark, 0);
}

TEST_F(ClassRunTest, WritesNothingAmongWhatIsHandedIn)
{
    submit("alice", "01-one", "Alpha");
    out = submissions / "out";
    const Ending end = grade();
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.errors.find("within the submissions"), std::string::npos) << end.errors;
    EXPECT_FALSE(fs::exists(out));
}

TEST_F(ClassRunTest, GivesExtraMarksToWhoHasHandedInNothing)
{
    submit("alice", "02-two", "Alpha");
    write(root / "policy.yaml", "extra: {alice: {01: 2}}");
    EXPECT_EQ(grade({"--policy", (root / "policy.yaml").string()}).code, 0);
    EXPECT_EQ(mark("alice", "01-one").mark, 2);
    EXPECT_EQ(mark("alice", "01-one").outcome, "no_submission");
}

TEST_F(ClassRunTest, LeavesNothingBehindAfterASlipInTheCommand)
{
    submit("alice", "01-one", "Alpha");
    write(root / "wrong.yaml", "labs: {09: {cap_percent: 90}}");
    for (const std::vector<std::string>& slip :
         {std::vector<std::string>{"--policy", (root / "wrong.yaml").string()},
          {"--policy", (root / "none.yaml").string()},
          {"--tier", "Z"},
          {"--engine", "cloud"},
          {"--build", "build/nothing"}}) {
        const Ending end = grade(slip);
        EXPECT_EQ(end.code, 2) << slip[0];
        EXPECT_NE(end.errors.find(slip[0] == "--policy" ? "yaml" : slip[0]), std::string::npos)
            << end.errors;
        EXPECT_FALSE(fs::exists(out)) << slip[0];
    }
}

// Nobody gets to be graded, for strangers may not enter this whole repository: its tests are as
// closed as they must be in tier C.
TEST_F(ClassRunTest, ClosesItsFolderToOtherUsersWhereTheyAreTheOnlyWalls)
{
    if (::geteuid() != 0) {
        GTEST_SKIP() << "tier C takes root";
    }
    fs::create_symlink(fs::read_symlink("/proc/self/exe").parent_path().parent_path() /
                           "grading/jail",
                       root / layout.build / "grading/jail");
    submit("alice", "01-one", "Alpha");
    const Ending end = grade({"--tier", "C"});
    EXPECT_NE(end.errors.find("sandbox tier C"), std::string::npos) << end.errors;
    EXPECT_EQ(fs::status(out).permissions(), fs::perms(0711));
    EXPECT_EQ(fs::status(out / "sources").permissions(), fs::perms(0700));
    EXPECT_EQ(fs::status(out / "gradebook.json").permissions(), fs::perms(0600)); // made later
}

TEST_F(ClassRunTest, NeverMarksDownForWhatIsInconclusive)
{
    submit("alice", "01-one", "Alpha Beta inconclusive");
    submit("bob", "01-one", "Alpha");
    const Ending end = grade();
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(mark("alice", "01-one").mark, 3); // of two that count, scaled
    EXPECT_EQ(mark("alice", "01-one").inconclusive, std::vector<std::string>{"Gamma"});
    EXPECT_EQ(compilations(), 4); // tried three times
    EXPECT_NE(end.output.find("open: alice, lab 01-one: inconclusive"), std::string::npos)
        << end.output;
}

TEST_F(ClassRunTest, LeavesTheMarkOpenWhenTheGraderFails)
{
    submit("alice", "01-one", "inconclusive");
    submit("bob", "01-one", "Alpha");
    const Ending end = grade();
    EXPECT_EQ(end.code, 3);
    EXPECT_EQ(mark("alice", "01-one").outcome, "infrastructure_error");
    EXPECT_EQ(mark("bob", "01-one").mark, 1);
    EXPECT_EQ(records(), 1U);
    EXPECT_NE(contents_of(out / "gradebook.csv").find("alice,,,,3,"), std::string::npos)
        << contents_of(out / "gradebook.csv");
}

TEST_F(ClassRunTest, RegradesOneOrAll)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Beta");
    grade();
    grade({"--regrade", "bob"});
    EXPECT_EQ(compilations(), 3);
    grade({"--regrade"});
    EXPECT_EQ(compilations(), 5);
}

// Interrupted after alice's: what was graded anew is not graded once more.
TEST_F(ClassRunTest, GoesOnWithARegradeThatWasInterrupted)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Beta");
    grade();
    const fs::path began = out / "regrade.began";
    write(began, "all");
    const auto start = fs::last_write_time(began) - std::chrono::hours(1);
    fs::last_write_time(began, start);
    fs::last_write_time(out / mark("alice", "01-one").record, start + std::chrono::seconds(1));
    fs::last_write_time(out / mark("bob", "01-one").record, start - std::chrono::seconds(1));
    EXPECT_NE(grade({"--regrade"}).errors.find("going on with"), std::string::npos);
    EXPECT_EQ(compilations(), 3);
    EXPECT_FALSE(fs::exists(began));
    write(began, "all"); // of all, and now bob's alone is asked for
    EXPECT_EQ(grade({"--regrade", "bob"}).errors.find("going on with"), std::string::npos);
    EXPECT_EQ(compilations(), 4);
    EXPECT_EQ(grade({"--regrade"}).errors.find("going on with"), std::string::npos);
    EXPECT_EQ(compilations(), 6);
}

TEST_F(ClassRunTest, GradesADamagedRecordAgain)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const fs::path damaged = out / mark("alice", "01-one").record;
    write(damaged, "{\"schema\": 1");
    const Ending end = grade();
    EXPECT_EQ(end.code, 0);
    EXPECT_NE(end.errors.find("\n  " + damaged.string() + ": "), std::string::npos) << end.errors;
    EXPECT_EQ(mark("alice", "01-one").mark, 1);
    EXPECT_EQ(compilations(), 2);
}

TEST_F(ClassRunTest, MakesALostIndexAnew)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const std::string before = contents_of(out / "gradebook.json");
    write(out / "index.sqlite", "this is no database, but it has more than some bytes in it");
    EXPECT_EQ(grade().code, 0);
    EXPECT_EQ(compilations(), 1);
    EXPECT_EQ(contents_of(out / "gradebook.json"), before);
}

TEST_F(ClassRunTest, RefusesASecondRunOnTheSameFolder)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const lab::UniqueFd held(::open((out / "lock").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::flock(held.get(), LOCK_EX | LOCK_NB), 0);
    const Ending end = grade();
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.errors.find("another grade-class works on"), std::string::npos);
}

TEST_F(ClassRunTest, RefusesWrongUsageInOneLine)
{
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--out", out.string()},
          {"--submissions", submissions.string()},
          {"--submissions", "/no/such", "--out", out.string()},
          {"--submissions", submissions.string(), "--out", out.string(), "--lab", "77"},
          {"--submissions", submissions.string(), "--out", out.string(), "--layout", "blackboard"},
          {"--submissions", submissions.string(), "--out", out.string(), "--engine", "steam"},
          {"--diff", out.string(), "/no/such"},
          {"--nonsense"}}) {
        submit("alice", "01-one", "Alpha");
        const Ending end = run(words);
        EXPECT_EQ(end.code, 2) << words.back();
        EXPECT_NE(end.errors, "");
    }
    EXPECT_EQ(run({"--help"}).code, 0);
}

TEST_F(ClassRunTest, StopsOnRequestAndSaysHowToGoOn)
{
    submit("alice", "01-one", "Alpha");
    write_program(layout.driver("01-one"), "#!/bin/sh\ntouch \"$(dirname \"$0\")/started\"\n"
                                           "exec sleep 1000\n");
    const lab::UniqueFd errors = memory_file();
    harness::Command what =
        command({"--submissions", submissions.string(), "--out", out.string(), "--lab", "01"});
    what.errors = errors.get();
    auto process = harness::spawn(what);
    const fs::path started = layout.driver("01-one").parent_path() / "started";
    while (!fs::exists(started) && !process.wait(harness::Seconds(0.01))) {
    }
    ::kill(process.pid(), SIGINT);
    const auto status = process.wait(harness::Seconds(60));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 130);
    EXPECT_NE(contents_of(errors.get(), 10'000).find("the same command goes on"),
              std::string::npos);
    EXPECT_TRUE(fs::is_empty(out / "scratch"));
}

TEST_F(ClassRunTest, GradesARangeOfTheManifest)
{
    for (const std::string who : {"a", "b", "c", "d"}) {
        submit(who, "01-one", who);
    }
    grade();
    fs::remove_all(out / "records");
    EXPECT_EQ(run({"work", out.string(), "1", "3"}).code, 0);
    EXPECT_EQ(records(), 2U);
    EXPECT_EQ(run({"work", out.string(), "0", "1000"}).code, 0);
    EXPECT_EQ(records(), 4U);
    EXPECT_EQ(compilations(), 8);
}

TEST_F(ClassRunTest, CountsTestsAndBugs)
{
    write(layout.chaffs("01-one") / "no-gamma.patch",
          "Caught-by: Gamma\nSentence: Gamma, \"once more\".\n\n--- a\n");
    submit("alice", "01-one", "Alpha Beta");
    submit("bob", "01-one", "Beta Alpha");
    grade();
    EXPECT_EQ(contents_of(out / "bugs.csv"), "lab,bug,students,sentence\r\n"
                                             "01-one,no-gamma,2,\"Gamma, \"\"once more\"\".\"\r\n");
    EXPECT_NE(contents_of(out / "tests.csv").find("01-one,Gamma,0,2,0,0,0,0\r\n"),
              std::string::npos);
}

TEST_F(ClassRunTest, ComparesTwoRuns)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Alpha Beta");
    grade();
    fs::copy(out, root / "old", fs::copy_options::recursive);
    submit("alice", "01-one", "Alpha Beta Gamma");
    grade();
    const Ending end = run({"--diff", (root / "old").string(), out.string()});
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(end.output, "alice  01-one  1 → 3  code changed\n"
                          "    Beta: fail → pass\n"
                          "    Gamma: fail → pass\n"
                          "1 mark differs\n");
}

TEST_F(ClassRunTest, ComparesTwoRunsOfWhichAnotherAttemptCounts)
{
    write(submissions / "alice/attempt-1/01-one/server.cpp", "Alpha Beta Gamma");
    write(submissions / "alice/attempt-2/01-one/server.cpp", "Alpha");
    grade();
    fs::copy(out, root / "old", fs::copy_options::recursive);
    write(root / "best.yaml", "attempts: best");
    grade({"--policy", (root / "best.yaml").string()});
    const std::string told = run({"--diff", (root / "old").string(), out.string()}).output;
    EXPECT_NE(told.find("alice  01-one  1 → 3  attempt 1 of 2 counts, where attempt 2 did\n"),
              std::string::npos)
        << told;
    write(submissions / "alice/attempt-3/01-one/server.cpp", "Alpha Beta");
    grade();
    EXPECT_NE(run({"--diff", (root / "old").string(), out.string()}).output.find("code changed"),
              std::string::npos);
}

// Where a record is lost, no test has "failed before".
TEST_F(ClassRunTest, SaysWhichRecordItCouldNotCompare)
{
    submit("alice", "01-one", "Alpha");
    grade();
    fs::copy(out, root / "old", fs::copy_options::recursive);
    const fs::path lost = root / "old" / mark("alice", "01-one").record;
    fs::remove(lost);
    submit("alice", "01-one", "Alpha Beta");
    grade();
    const Ending end = run({"--diff", (root / "old").string(), out.string()});
    EXPECT_NE(end.output.find("    which tests cannot be told: "), std::string::npos) << end.output;
    EXPECT_NE(end.output.find(lost.string()), std::string::npos) << end.output;
    EXPECT_EQ(end.output.find("none → "), std::string::npos) << end.output;
}

TEST_F(ClassRunTest, NamesTheGradebookWithAKeyThatIsNone)
{
    submit("alice", "01-one", "Alpha");
    grade();
    fs::copy(out, root / "old", fs::copy_options::recursive);
    submit("alice", "01-one", "Alpha Beta");
    grade();
    std::string text = contents_of(root / "old/gradebook.json");
    const auto at = text.find("records/01-one/");
    text.replace(at, std::string_view("records/01-one/x").size(), "records/01-one/-");
    write(root / "old/gradebook.json", text);
    const Ending end = run({"--diff", (root / "old").string(), out.string()});
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.errors.find((root / "old/gradebook.json").string() + ": '-"), std::string::npos)
        << end.errors;
}

} // namespace
