// What an instructor gets wrong, or does not know, about grade-class: a line that names it.

#include "tests/grading/class_fixture.h"

#include <unistd.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class ClassUsageTest : public fixture::Class {
protected:
    [[nodiscard]] std::vector<fs::path> kept(const std::string& extension = ".json") const
    {
        std::vector<fs::path> files = files_in(out, extension);
        std::erase_if(files, [](const fs::path& file) {
            return !file.filename().string().starts_with("gradebook-of-");
        });
        return files;
    }
    // With the address of the one and not of the other.
    void submit_as_gradescope_does()
    {
        write(submissions / "submission_metadata.yml", R"(---
submission_1:
  :submitters:
  - {:name: Jane Doe, :sid: '0042', :email: Jane@example.edu}
submission_2:
  :submitters:
  - {:name: John Roe, :sid: '0043', :email: roe@example.edu}
  - {:name: Jack Roe, :sid: '0044', :email: roe@example.edu}
)");
        submit("submission_1", "01-one", "Alpha");
        submit("submission_2", "01-one", "Beta");
    }
    [[nodiscard]] std::vector<std::string> policy(const std::string& yaml) const
    {
        write(root / "policy.yaml", yaml);
        return {"--lab", "01", "--policy", (root / "policy.yaml").string()};
    }
    // Root may write anywhere.
    [[nodiscard]] Ending grade_as_an_ordinary_user() const
    {
        const lab::UniqueFd errors = memory_file();
        harness::Command what =
            command({"--submissions", submissions.string(), "--out", out.string()});
        what.errors = errors.get();
        if (::geteuid() == 0) {
            what.user = 65'534;
        }
        const auto status = harness::spawn(what).wait(harness::Seconds(60));
        return {status ? status->code : -1, "", contents_of(errors.get(), 10'000)};
    }
    // In a file system of so many KiB, and then, with room, once more.
    [[nodiscard]] std::string errors_with_room_for(int kib) const
    {
        const std::string script = "mount -t tmpfs -o size=" + std::to_string(kib) + "k none " +
                                   out.string() + " || exit 77\n\"$@\"\necho first: $? >&2\n" +
                                   "mount -o remount,size=64m " + out.string() +
                                   "\n\"$@\"\necho second: $? >&2\n";
        harness::Command what =
            command({"--submissions", submissions.string(), "--out", out.string()});
        std::vector<std::string> words{
            "unshare", ::geteuid() == 0 ? "-m" : "-rm", "sh", "-c", script, "sh"};
        what.arguments.insert(what.arguments.begin(), words.begin(), words.end());
        const lab::UniqueFd errors = memory_file();
        what.errors = errors.get();
        const auto status = harness::spawn(what).wait(harness::Seconds(120));
        return status && status->code != 77 ? contents_of(errors.get(), 100'000) : "";
    }
};

TEST_F(ClassUsageTest, KeepsTheGradebookOfOtherLabs)
{
    submit("alice", "01-one", "Alpha");
    submit("alice", "02-two", "Beta");
    grade({"--lab", "01"});
    const std::string json = contents_of(out / "gradebook.json");
    const std::string csv = contents_of(out / "gradebook.csv");
    const Ending end = grade({"--lab", "02"});
    EXPECT_EQ(end.code, 0) << end.errors;
    ASSERT_EQ(kept().size(), 1U);
    EXPECT_TRUE(kept()[0].filename().string().starts_with("gradebook-of-01.")) << kept()[0];
    EXPECT_EQ(contents_of(kept()[0]), json);
    EXPECT_EQ(contents_of(kept(".csv").at(0)), csv);
    EXPECT_NE(end.errors.find("of lab 01 in " + submissions.string()), std::string::npos)
        << end.errors;
    EXPECT_NE(end.errors.find("is kept as " + kept()[0].string()), std::string::npos) << end.errors;
}

TEST_F(ClassUsageTest, KeepsTheGradebookOfAnotherFolder)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const std::string json = contents_of(out / "gradebook.json");
    submissions = root / "another";
    submit("bob", "01-one", "Alpha");
    EXPECT_NE(grade().errors.find("is kept as"), std::string::npos);
    ASSERT_EQ(kept().size(), 1U);
    EXPECT_EQ(contents_of(kept()[0]), json);
    submissions = root / "class"; // and back: neither is lost, and nothing is kept twice
    grade();
    submissions = root / "another";
    grade();
    EXPECT_EQ(kept().size(), 2U);
}

TEST_F(ClassUsageTest, KeepsNoGradebookOfTheSameLabsAndFolder)
{
    submit("alice", "01-one", "Alpha");
    grade();
    const std::string of = contents_of(out / "gradebook.of");
    submit("bob", "01-one", "Beta");
    submissions += "/";
    EXPECT_EQ(grade({"--lab", "02,01"}).errors.find("is kept as"), std::string::npos);
    EXPECT_TRUE(kept().empty());
    EXPECT_EQ(contents_of(out / "gradebook.of"), of);
}

// Killed between gradebook.of and the gradebook.
TEST_F(ClassUsageTest, KeepsEachGradebookUnderItsOwnLabsWhenKilled)
{
    submit("alice", "01-one", "Alpha");
    submit("alice", "02-two", "Beta");
    grade({"--lab", "01"});
    const std::string json = contents_of(out / "gradebook.json");
    fs::create_directory(out / "gradebook.json.tmp"); // it gets no further
    EXPECT_EQ(grade({"--lab", "02"}).code, 3);
    EXPECT_EQ(contents_of(out / "gradebook.json"), json);
    fs::remove(out / "gradebook.json.tmp");
    EXPECT_EQ(grade({"--lab", "01"}).code, 0);
    ASSERT_EQ(kept().size(), 1U);
    EXPECT_TRUE(kept()[0].filename().string().starts_with("gradebook-of-01.")) << kept()[0];
}

TEST_F(ClassUsageTest, TellsOfLabsThatNobodyHasHandedIn)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "notes", "Alpha");
    const std::string line = "note: nobody has handed in anything for lab 02, where nobody gets "
                             "marks: LAB='01' grades the rest alone\n";
    EXPECT_NE(grade().errors.find(line), std::string::npos) << grade().errors;
    EXPECT_EQ(grade({"--lab", "01"}).errors.find("nobody has"), std::string::npos);
    submit("bob", "02-two", "Alpha");
    EXPECT_EQ(grade().errors.find("nobody has"), std::string::npos);
}

TEST_F(ClassUsageTest, AsksForTheLabWhenNobodysFoldersNameOne)
{
    submit("alice", "", "Alpha");
    EXPECT_NE(grade().errors.find("name that one, as LAB=01\n"), std::string::npos);
    EXPECT_EQ(grade({"--lab", "01"}).errors.find("name that one"), std::string::npos);
}

TEST_F(ClassUsageTest, TakesAnAddressForAnId)
{
    submit_as_gradescope_does();
    const Ending end =
        grade(policy("extra: {jane@example.edu: {01: 1}, roe@example.edu: {01: 1}}"));
    EXPECT_EQ(end.code, 0) << end.errors;
    EXPECT_EQ(mark("0042", "01-one").mark, 2);
    EXPECT_EQ(mark("0043", "01-one").mark, 1);
    EXPECT_EQ(end.errors.find("nobody has"), std::string::npos) << end.errors;
    EXPECT_NE(end.errors.find("note: policy: 'roe@example.edu' is the e-mail address of '0043' and "
                              "'0044'; name one by the id\n"),
              std::string::npos)
        << end.errors;
    EXPECT_EQ(grade({"--lab", "01", "--regrade", "jane@example.edu"}).code, 0);
    EXPECT_EQ(compilations(), 3);
    EXPECT_EQ(grade({"--lab", "01", "--regrade", "roe@example.edu"}).code, 2);
}

TEST_F(ClassUsageTest, RefusesTwoThingsForOneStudent)
{
    submit_as_gradescope_does();
    const Ending end = grade(policy("extra: {jane@example.edu: {01: 1}, '0042': {01: 2}}"));
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.errors.find("names '0042' twice for lab 01-one"), std::string::npos)
        << end.errors;
}

TEST_F(ClassUsageTest, AsksWhoWasMeant)
{
    submit("alice", "01-one", "Alpha");
    const Ending end =
        grade(policy("extra: {Alcie: {01: 1}, alice@example.edu: {01: 1}, zed: {01: 1}}"));
    EXPECT_EQ(end.code, 0);
    for (const std::string line : {"'Alcie'; did you mean 'alice'?\n",
                                   "'alice@example.edu'; did you mean 'alice'?\n", "'zed'\n"}) {
        EXPECT_NE(end.errors.find("note: policy: nobody has the id or e-mail address " + line),
                  std::string::npos)
            << end.errors;
    }
}

TEST_F(ClassUsageTest, RegradesNobodyWhenOneNameIsWrong)
{
    submit("alice", "01-one", "Alpha");
    submit("bob", "01-one", "Beta");
    grade();
    const Ending end = grade({"--regrade", "bob", "alcie", "zed"});
    EXPECT_EQ(end.code, 2);
    EXPECT_EQ(compilations(), 2);
    EXPECT_FALSE(fs::exists(out / "regrade.began"));
    EXPECT_NE(
        end.errors.find("--regrade: nobody has the id or e-mail address 'alcie'; did you mean "
                        "'alice'?; nobody has the id or e-mail address 'zed'\n"),
        std::string::npos)
        << end.errors;
}

TEST_F(ClassUsageTest, TellsOfExtraCreditForALabThatIsNotGraded)
{
    submit("alice", "01-one", "Alpha");
    const Ending end = grade(policy("extra: {alice: {02: 1}}\nlabs: {02: {cap_percent: 50}}"));
    EXPECT_NE(
        end.errors.find("note: the policy's extra credit for lab 02 counts nowhere here: this "
                        "run is of lab 01\n"),
        std::string::npos)
        << end.errors;
    EXPECT_EQ(grade(policy("labs: {02: {cap_percent: 50}}")).errors.find("extra credit"),
              std::string::npos);
}

TEST_F(ClassUsageTest, RefusesAFolderThatItMayNotWriteIn)
{
    submit("alice", "01-one", "Alpha");
    fs::create_directories(out);
    write(out / "lock", "");
    fs::permissions(root, fs::perms(0755));
    for (const fs::path& place : {out, out / "lock"}) {
        fs::permissions(out, fs::perms(place == out ? 0555 : 0777));
        fs::permissions(out / "lock", fs::perms(0444));
        const Ending end = grade_as_an_ordinary_user();
        EXPECT_EQ(end.code, 2);
        EXPECT_EQ(end.errors, "grade-class: --out " + place.string() +
                                  " cannot be written: Permission denied; choose a folder of your "
                                  "own\n");
    }
}

TEST_F(ClassUsageTest, SaysWhatToDoWhenTheDiskIsFull)
{
    for (const std::string who : {"alice", "bob", "carol"}) {
        submit(who, "01-one", who + " Alpha");
    }
    fs::create_directories(out);
    for (const int kib : {8, 40, 72, 104, 136}) {
        const std::string errors = errors_with_room_for(kib);
        if (errors.empty()) {
            GTEST_SKIP() << "no file system can be mounted here";
        }
        EXPECT_NE(errors.find("second: 0"), std::string::npos) << errors;
        EXPECT_TRUE(errors.find("first: 3") == std::string::npos ||
                    errors.find("may go), then the same command goes on") != std::string::npos)
            << kib << " KiB: " << errors;
        EXPECT_TRUE(kib > 100 || errors.find("first: 3") != std::string::npos) << errors;
    }
}

TEST_F(ClassUsageTest, AsksWhichLabWasMeant)
{
    for (const auto& [word, meant] :
         {std::pair<std::string, std::string>{"1", "01"}, {"two", "02"}}) {
        EXPECT_NE(grade({"--lab", word})
                      .errors.find("'" + word + "' is no lab; did you mean " + meant +
                                   "? there are: 01-one 02-two"),
                  std::string::npos)
            << word;
    }
}

} // namespace
