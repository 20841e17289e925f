#include "common/errors.h"
#include "grading/class/collect.h"
#include "grading/class/intake.h"
#include "grading/class/times.h"
#include "tests/grading/class_fixture.h"

#include <map>
#include <sstream>

#include <unistd.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

// Root may read everything: for a while we are somebody else, whose all this is.
class AsAnOrdinaryUser {
public:
    explicit AsAnOrdinaryUser(const fs::path& folder) : user_(::geteuid())
    {
        if (user_ != 0) {
            return;
        }
        constexpr uid_t nobody = 65'534;
        lab::check(::lchown(folder.c_str(), nobody, nobody), "lchown");
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            lab::check(::lchown(entry.path().c_str(), nobody, nobody), "lchown");
        }
        lab::check(::seteuid(nobody), "seteuid");
    }
    ~AsAnOrdinaryUser() { lab::check(::seteuid(user_), "seteuid"); }
    AsAnOrdinaryUser(const AsAnOrdinaryUser&) = delete;
    AsAnOrdinaryUser& operator=(const AsAnOrdinaryUser&) = delete;

private:
    uid_t user_;
};

class CollectTest : public fixture::Class {
protected:
    CollectTest()
    {
        options.submissions = submissions;
        options.out = out;
        options.labs = {"01-one"};
        options.unpack.layout.build =
            fs::read_symlink("/proc/self/exe").parent_path().parent_path();
        fs::create_directories(out);
    }
    std::vector<Attempt> attempts(const std::string& student)
    {
        Index index(out / "index.sqlite");
        notes.clear();
        for (const std::string& line : collect(options, index)) {
            notes += line + "\n";
        }
        return index.attempts_of(student);
    }
    [[nodiscard]] std::string text_of(const Attempt& attempt) const
    {
        return contents_of(out / source_folder(attempt.hash) / "server.cpp");
    }
    // Of all that somebody has handed in, in its order.
    std::vector<std::string> texts_of(const std::string& student)
    {
        std::vector<std::string> texts;
        for (const Attempt& attempt : attempts(student)) {
            texts.push_back(text_of(attempt));
        }
        return texts;
    }

    [[nodiscard]] long notes_that_name(const std::string& what) const
    {
        std::istringstream lines(notes);
        long count = 0;
        for (std::string line; std::getline(lines, line);) {
            count += line.find(what) != std::string::npos ? 1 : 0;
        }
        return count;
    }

    CollectOptions options;
    std::string notes;
};

TEST_F(CollectTest, FindsTheOnlyLabWhereverItStands)
{
    for (const std::string place :
         {"server.cpp", "src/server.cpp", "01-one/server.cpp", "labs/01-one/server.cpp",
          "01/server.cpp", "alice-lab/server.cpp", "a/b/labs/01/server.cpp"}) {
        fs::remove_all(submissions);
        write(submissions / "alice" / place, "text of " + place);
        const auto found = attempts("alice");
        ASSERT_EQ(found.size(), 1U) << place;
        EXPECT_EQ(text_of(found[0]), "text of " + place);
        EXPECT_EQ(notes, "");
    }
}

TEST_F(CollectTest, KnowsSeveralLabsByTheirFolders)
{
    options.labs = {"01-one", "02-two"};
    submit("alice", "labs/01-one", "one");
    submit("alice", "02", "two");
    write(submissions / "bob/server.cpp", "which?");
    const auto found = attempts("alice");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(text_of(found[0]), "one");
    EXPECT_EQ(text_of(found[1]), "two");
    for (const Attempt& attempt : attempts("bob")) {
        EXPECT_EQ(attempt.outcome, "no_submission");
    }
    write(submissions / "carol/Server.cpp", "which?");
    EXPECT_EQ(attempts("carol").at(0).sentence,
              "there is no server.cpp in a folder named for a lab; it holds Server.cpp: names are "
              "case-sensitive, rename it to server.cpp, in a folder named for its lab, as 01-one.");
    EXPECT_NE(notes.find("bob: there is no server.cpp in a folder named for a lab; it holds "
                         "server.cpp: move it to a folder named for its lab, as 01-one."),
              std::string::npos)
        << notes;
}

TEST_F(CollectTest, TellsWhatIsAmbiguous)
{
    submit("alice", "labs/01-one", "this");
    write(submissions / "alice/server.cpp", "or that?");
    const auto found = attempts("alice");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(text_of(found[0]), "this");
    EXPECT_NE(notes.find("alice: lab 01-one is taken from labs/01-one/server.cpp; there is also "
                         "server.cpp"),
              std::string::npos)
        << notes;
}

TEST_F(CollectTest, NeverTakesTheServerOfAnotherLab)
{
    for (const std::string place :
         {"02-two/server.cpp", "labs/02/server.cpp", "a/02-two/src/server.cpp"}) {
        fs::remove_all(submissions);
        write(submissions / "alice" / place, "two");
        const auto found = attempts("alice");
        ASSERT_EQ(found.size(), 1U) << place;
        EXPECT_EQ(found[0].outcome, "no_submission") << place;
        EXPECT_NE(notes.find("is named for another lab"), std::string::npos) << notes;
    }
}

TEST_F(CollectTest, NamesAFileThatMayBeMeant)
{
    const std::map<std::string, std::string> told{
        {"Lab 1/Server.cpp",
         "Lab 1/Server.cpp: names are case-sensitive, rename it to server.cpp."},
        {"server.cpp.txt", "server.cpp.txt: if that is meant, rename it to server.cpp."},
        {"main.cc", "main.cc: if that is meant, rename it to server.cpp."},
        {"in/work.zip",
         "in/work.zip, and what is in that is not looked into: hand in what is in it."}};
    for (const auto& [file, words] : told) {
        fs::remove_all(submissions);
        write(submissions / "alice" / file, "x");
        write(submissions / "alice/Lab 1/util.cpp", "less likely");
        fixture::python(submissions,
                        "import zipfile\nz = zipfile.ZipFile('bob.zip', 'w')\nz.writestr('" + file +
                            "', 'x')\nz.writestr('Lab 1/notes.txt', 'x')\nz.close()\n");
        if (file != "in/work.zip") { // which is less likely than any source
            EXPECT_EQ(attempts("alice").at(0).sentence,
                      "there is no server.cpp in the folder; it holds " + words);
        }
        EXPECT_EQ(attempts("bob").at(0).sentence,
                  "there is no server.cpp in the archive; it holds " + words);
        EXPECT_NE(notes.find("bob: there is no server.cpp in the archive; it holds " + words),
                  std::string::npos)
            << notes;
    }
    write(submissions / "carol/notes.txt", "none");
    EXPECT_EQ(attempts("carol").at(0).sentence, "there is no server.cpp in the folder.");
}

TEST_F(CollectTest, NamesAnArchiveWithinAFolder)
{
    write(submissions / "alice/in/work.zip", "x");
    EXPECT_EQ(attempts("alice").at(0).sentence,
              "there is no server.cpp in the folder; it holds in/work.zip, and what is in that is "
              "not looked into: hand in what is in it.");
}

// Handed in, so in the book: whoever cannot be graded is told why.
TEST_F(CollectTest, RejectsArchivesOfOtherKinds)
{
    write(submissions / "alice.rar", "x");
    write(submissions / "bob.7z", "x");
    write(submissions / "carol/work.tar.bz2", "x");
    for (const auto& [who, sentence] : std::map<std::string, std::string>{
             {"alice", "alice.rar is a .rar: hand in a zip or tar.gz."},
             {"bob", "bob.7z is a .7z: hand in a zip or tar.gz."},
             {"carol", "work.tar.bz2 is a .tar.bz2: hand in a zip or tar.gz."}}) {
        const auto found = attempts(who);
        ASSERT_EQ(found.size(), 1U) << who;
        EXPECT_EQ(found[0].outcome, "rejected") << who;
        EXPECT_EQ(found[0].sentence, sentence);
    }
    fs::remove_all(submissions);
    write(submissions / "doejane_1_2_work.rar", "x");
    EXPECT_EQ(attempts("1").at(0).sentence, "work.rar is a .rar: hand in a zip or tar.gz.");
}

TEST_F(CollectTest, TakesASourceThatIsNamedForItsStudent)
{
    write(submissions / "grace.cpp", "hers");
    write(submissions / "heidi.cpp.txt", "hers");
    const auto grace = attempts("grace");
    ASSERT_EQ(grace.size(), 1U);
    EXPECT_EQ(text_of(grace[0]), "hers");
    EXPECT_NE(notes.find("taken to be of whom they are named for: grace.cpp, heidi.cpp.txt\n"),
              std::string::npos)
        << notes;
    const auto heidi = attempts("heidi");
    ASSERT_EQ(heidi.size(), 1U);
    EXPECT_EQ(heidi[0].sentence,
              "the file heidi.cpp.txt is not called heidi.cpp: if that is the server, rename it.");
}

TEST_F(CollectTest, TakesNoSourceOfOneOfSeveralLabs)
{
    options.labs = {"01-one", "02-two"};
    write(submissions / "grace.cpp", "of which?");
    const auto found = attempts("grace");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].outcome, "no_submission");
    EXPECT_EQ(found[0].sentence, "which lab the file grace.cpp is for cannot be told: hand in a "
                                 "folder or an archive with 01-one/server.cpp and the like in it.");
}

TEST_F(CollectTest, TellsOfAnArchiveBesideAServer)
{
    submit("alice", "01-one", "this");
    write(submissions / "alice/newer.zip", "or that?");
    EXPECT_EQ(text_of(attempts("alice").at(0)), "this");
    EXPECT_NE(notes.find("newer.zip lies beside a server.cpp"), std::string::npos) << notes;
}

TEST_F(CollectTest, LeavesOpenWhatItMayNotRead)
{
    submit("alice", "01-one", "alice's");
    submit("bob", "01-one", "bob's");
    fs::permissions(submissions / "alice/01-one/server.cpp", fs::perms::none);
    fs::permissions(submissions / "bob/01-one", fs::perms::none);
    const AsAnOrdinaryUser ordinary(root);
    for (const std::string who : {"alice", "bob"}) {
        EXPECT_EQ(attempts(who).at(0).outcome, "infrastructure_error") << who;
    }
    EXPECT_NE(notes.find("01-one/server.cpp cannot be read by you; its owner may let you: chmod "
                         "a+r."),
              std::string::npos)
        << notes;
    fs::permissions(submissions / "bob/01-one", fs::perms::owner_all);
}

TEST_F(CollectTest, LeavesOpenAFolderThatItMayNotReadAndGoesOn)
{
    submit("alice", "attempt-1", "alice's");
    submit("bob", "01-one", "bob's");
    submit("carol", "attempt-1", "carol's first");
    submit("carol", "attempt-2", "carol's second");
    for (const std::string folder : {"alice", "carol/attempt-2"}) {
        fs::permissions(submissions / folder, fs::perms::none);
    }
    const AsAnOrdinaryUser ordinary(root);
    const auto alice = attempts("alice");
    EXPECT_NE(notes.find("class/alice: Permission denied"), std::string::npos) << notes;
    ASSERT_EQ(alice.size(), 1U);
    EXPECT_EQ(alice[0].outcome, "infrastructure_error");
    EXPECT_EQ(text_of(attempts("bob").at(0)), "bob's");
    const auto carol = attempts("carol");
    ASSERT_EQ(carol.size(), 2U);
    EXPECT_EQ(carol[1].outcome, "infrastructure_error"); // the last one, which is what counts
    for (const std::string folder : {"alice", "carol/attempt-2"}) {
        fs::permissions(submissions / folder, fs::perms::owner_all);
    }
}

TEST_F(CollectTest, SaysThatTheFolderOfAllCannotBeRead)
{
    submit("alice", "01-one", "alice's");
    fs::permissions(submissions, fs::perms::none);
    const AsAnOrdinaryUser ordinary(root);
    EXPECT_THROW(attempts("alice"), std::invalid_argument);
    fs::permissions(submissions, fs::perms::owner_all);
}

// Our own doing, or nobody knows whose: no reason to grade nobody.
TEST_F(CollectTest, LeavesOpenWhateverGoesWrongWithOneAndGoesOn)
{
    write_program(root / "liar", "#!/bin/sh\nprintf '3 ../server.cpp\nbad'\n");
    fs::permissions(root, fs::perms(0711)); // strangers run programs of it
    options.unpack.program = root / "liar";
    write(submissions / "alice.zip", "x");
    write(submissions / "bob/server.cpp", "bob's");
    const auto alice = attempts("alice");
    ASSERT_EQ(alice.size(), 1U);
    EXPECT_EQ(alice[0].outcome, "infrastructure_error");
    EXPECT_NE(alice[0].time, 0);
    EXPECT_NE(notes.find("alice: the unpacker's answer makes no sense"), std::string::npos)
        << notes;
    EXPECT_EQ(text_of(attempts("bob").at(0)), "bob's");
}

TEST_F(CollectTest, OrdersAttemptsOfOneTimeByTheirNumber)
{
    for (const std::string attempt : {"attempt-10", "attempt-9"}) {
        write(submissions / "alice" / attempt / "server.cpp", attempt);
        fs::last_write_time(submissions / "alice" / attempt / "server.cpp", fs::file_time_type());
    }
    const auto found = attempts("alice");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(text_of(found[1]), "attempt-10");
}

TEST_F(CollectTest, FollowsNoLink)
{
    submit("bob", "labs/01-one", "the work of bob");
    fs::create_directories(submissions / "alice");
    fs::create_symlink("../bob/labs", submissions / "alice/labs");
    write(submissions / "secret", "secret");
    fs::create_directories(submissions / "carol");
    fs::create_symlink("../secret", submissions / "carol/server.cpp");
    fs::create_directories(submissions / "dave/server.cpp");
    for (const std::string who : {"alice", "carol", "dave"}) {
        const auto found = attempts(who);
        ASSERT_EQ(found.size(), 1U) << who;
        EXPECT_EQ(found[0].hash, "");
        EXPECT_EQ(found[0].outcome, "no_submission");
    }
    EXPECT_EQ(notes_that_name("alice/labs"), 1) << notes;
    EXPECT_EQ(notes_that_name("carol"), 1) << notes;
}

TEST_F(CollectTest, TellsOfALinkBesideAttemptsOnce)
{
    write(submissions / "alice/attempt-1/server.cpp", "one");
    fs::create_symlink("attempt-1", submissions / "alice/attempt-2");
    fs::create_symlink("attempt-1", submissions / "alice/latest");
    EXPECT_EQ(attempts("alice").size(), 1U);
    EXPECT_EQ(notes_that_name("alice/attempt-2: neither a folder nor a file"), 1) << notes;
    EXPECT_EQ(notes_that_name("alice/latest"), 1) << notes;
}

TEST_F(CollectTest, TellsOfASecondServerBelowTheFirst)
{
    fixture::python(submissions, "import zipfile\nz = zipfile.ZipFile('paul.zip', 'w')\n"
                                 "z.writestr('paul/server.cpp', 'new')\n"
                                 "z.writestr('paul/old/server.cpp', 'old')\nz.close()\n");
    write(submissions / "quinn/src/server.cpp", "new");
    write(submissions / "quinn/backup/server.cpp", "old");
    write(submissions / "rita/server.cpp", "new");
    write(submissions / "rita/02-two/server.cpp", "of another lab");
    EXPECT_EQ(text_of(attempts("paul").at(0)), "new");
    EXPECT_EQ(notes, "paul: lab 01-one is taken from paul/server.cpp; there is also "
                     "paul/old/server.cpp\n"
                     "quinn: lab 01-one is taken from src/server.cpp; there is also "
                     "backup/server.cpp\n");
}

TEST_F(CollectTest, WhoTypedTextInIsToldToHandInAFile)
{
    write(submissions / "Jim Poe_1_assignsubmission_onlinetext_/onlinetext.html", "<p>int main");
    write(submissions / "Kim Roe_2_assignsubmission_onlinetext_onlinetext.html", "<p>int main");
    write(submissions / "Lea Doe_3_assignsubmission_onlinetext_/onlinetext.html", "please be kind");
    write(submissions / "Lea Doe_3_assignsubmission_file_/server.cpp", "work");
    for (const std::string who : {"1", "2"}) {
        const auto found = attempts(who);
        ASSERT_EQ(found.size(), 1U) << who;
        EXPECT_EQ(found[0].outcome, "no_submission");
        EXPECT_EQ(found[0].sentence,
                  "there is text that was typed in, and no file: hand in server.cpp as a file.");
    }
    EXPECT_EQ(texts_of("3"), std::vector<std::string>{"work"});
    EXPECT_EQ(notes_that_name("typed in, beside a file; left out"), 1) << notes;
}

TEST_F(CollectTest, TakesAnArchiveInAFolder)
{
    fixture::python(submissions / "Jane Doe_1_assignsubmission_file_",
                    "import zipfile\nz = zipfile.ZipFile('lab.zip', 'w')\n"
                    "z.writestr('mine/server.cpp', 'zipped')\nz.close()\n");
    const auto found = attempts("1");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(text_of(found[0]), "zipped");
}

TEST_F(CollectTest, TakesAFileOfCanvas)
{
    write(submissions / "doejane_1_2_server-1.cpp", "hers");
    write(submissions / "roejohn_3_4_poem.txt", "his");
    EXPECT_EQ(text_of(attempts("1").at(0)), "hers");
    EXPECT_EQ(attempts("3").at(0).outcome, "no_submission");
}

TEST_F(CollectTest, SaysWhatIsWrongWithAFileOfCanvas)
{
    write(submissions / "doejane_1_2_main.cpp", "hers");
    EXPECT_EQ(attempts("1").at(0).sentence,
              "the file main.cpp is not called server.cpp: if that is the server, rename it.");
    options.labs = {"01-one", "02-two"};
    EXPECT_EQ(attempts("1").at(0).sentence, "which lab the file main.cpp is for cannot be told: "
                                            "name it for its lab, as 01-one.cpp.");
}

TEST_F(CollectTest, KnowsAFileThatCanvasHasCounted)
{
    options.labs = {"01-one", "02-two"};
    write(submissions / "doejane_1_2_01-one-1.cpp", "one");
    write(submissions / "doejane_1_3_02-12.cpp", "two");
    EXPECT_EQ(texts_of("1"), (std::vector<std::string>{"one", "two"}));
}

TEST_F(CollectTest, TakesNoFileForAServerThatOnlyBeginsLikeOne)
{
    for (const std::string name : {"server_test.cpp", "server-1a.cpp", "01-one-.cpp", "-1.cpp"}) {
        fs::remove_all(submissions);
        write(submissions / ("doejane_1_2_" + name), "hers");
        EXPECT_EQ(attempts("1").at(0).outcome, "no_submission") << name;
    }
}

// The files' times are the download's.
TEST_F(CollectTest, KnowsNoTimeOfWhatCanvasAndMoodleExport)
{
    const fs::path zipped = submissions / "doejane_1_2_lab.zip";
    fixture::python(submissions, "import zipfile\nz = zipfile.ZipFile('" + zipped.string() +
                                     "', 'w')\nz.writestr('server.cpp', 'x')\nz.close()\n");
    write(submissions / "roejohn_LATE_3_4_server.cpp", "his");
    write(submissions / "roejohn_LATE_3_5_poem.txt", "his, too");
    EXPECT_EQ(attempts("1").at(0).time, unknown_time);
    EXPECT_EQ(attempts("3").at(0).time, unknown_time);
    EXPECT_NE(notes.find("3: the platform says late, not how much: nothing is taken off; by hand "
                         "it is, as in `extra: {3: {01: -5}}` of the policy file"),
              std::string::npos)
        << notes;
    EXPECT_EQ(notes.find("platform says late"), notes.rfind("platform says late")); // once each
    EXPECT_NE(notes.find("this export does not say when"), std::string::npos) << notes;
    fs::remove_all(submissions);
    write(submissions / "Jane Doe_1_assignsubmission_file_/server.cpp", "hers");
    EXPECT_EQ(attempts("1").at(0).time, unknown_time);
}

// By the number of the file, which Canvas counts up; the names say nothing of it.
TEST_F(CollectTest, OrdersWhatIsOfCanvasByTheNumbersOfItsFiles)
{
    write(submissions / "doejane_1_1000_server-1.cpp", "second");
    write(submissions / "doejane_1_99_01-one.cpp", "first");
    write(submissions / "doejane_1_1001_01.cpp", "third");
    EXPECT_EQ(texts_of("1"), (std::vector<std::string>{"first", "second", "third"}));
    EXPECT_NE(notes.find("taken as attempts, in the order of their numbers"), std::string::npos);
    const std::string third = attempts("1").at(2).hash;
    Index index(out / "index.sqlite");
    std::vector<std::string> last;
    index.for_each_unit(true, [&](const UnitOfWork& unit) { last.push_back(unit.hash); });
    EXPECT_EQ(last, std::vector<std::string>{third});
}

TEST_F(CollectTest, MakesAnewAnIndexOfBeforeThereWereNumbers)
{
    {
        Database old(out / "index.sqlite",
                     "CREATE TABLE attempts(student, lab, time, origin, hash, outcome, sentence);");
    }
    submit("alice", "01-one", "alice's");
    EXPECT_EQ(text_of(attempts("alice").at(0)), "alice's");
}

TEST_F(CollectTest, RejectsABadArchiveAndGoesOn)
{
    write(submissions / "alice.zip", "no zip");
    submit("bob", "01", "fine");
    const auto found = attempts("alice");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].outcome, "rejected");
    EXPECT_NE(found[0].sentence.find("The archive is rejected: "), std::string::npos);
    EXPECT_EQ(attempts("bob").at(0).outcome, "");
}

TEST_F(CollectTest, OrdersAttemptsByTime)
{
    submit("alice", "attempt-1", "first");
    submit("alice", "attempt-2", "second");
    const auto now = fs::last_write_time(submissions / "alice/attempt-1/server.cpp");
    fs::last_write_time(submissions / "alice/attempt-2/server.cpp", now - std::chrono::hours(1));
    const auto found = attempts("alice");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(text_of(found[0]), "second");
    EXPECT_EQ(text_of(found[1]), "first");
}

TEST_F(CollectTest, TellsOfTwoThatAreCalledTheSame)
{
    submit("alice", "01", "folder");
    fixture::python(submissions, "import zipfile\nz = zipfile.ZipFile('alice.zip', 'w')\n"
                                 "z.writestr('server.cpp', 'zip')\nz.close()\n");
    EXPECT_EQ(attempts("alice").size(), 2U);
    EXPECT_NE(notes.find("alice: handed in more than once"), std::string::npos);
}

TEST_F(CollectTest, RefusesWhatIsTooLarge)
{
    submit("alice", "01", std::string((1U << 20U) + 1, 'x'));
    EXPECT_EQ(attempts("alice").at(0).outcome, "no_submission");
    EXPECT_EQ(attempts("alice").at(0).sentence, "server.cpp is larger than 1 MiB."); // she reads it
    EXPECT_NE(notes.find("is larger than 1 MiB"), std::string::npos);
}

} // namespace
