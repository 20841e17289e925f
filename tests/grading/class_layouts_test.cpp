#include "grading/class/layouts/layouts.h"
#include "grading/class/times.h"
#include "tests/grading/class_fixture.h"

#include <map>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class LayoutsTest : public fixture::Class {
protected:
    void look(const LayoutOptions& options = {})
    {
        discover(submissions, options,
                 {[this](const HandedIn& handed) { found.emplace(handed.id, handed); },
                  [this](const std::string& line) { notes += line + "\n"; }});
    }
    void put(const std::string& file) const { write(submissions / file, "x"); }

    std::multimap<std::string, HandedIn> found;
    std::string notes;
};

TEST_F(LayoutsTest, PlainFoldersAndArchives)
{
    for (const std::string file : {"alice/server.cpp", "bob.zip", "carol.tar.gz", "dave.TGZ",
                                   "eve.tar.xz", "notes.pdf", ".hidden/server.cpp"}) {
        put(file);
    }
    fs::create_symlink("/etc", submissions / "mallory");
    look();
    EXPECT_EQ(found.size(), 5U);
    for (const std::string id : {"alice", "bob", "carol", "dave", "eve"}) {
        EXPECT_EQ(found.count(id), 1U) << id;
    }
    EXPECT_NE(notes.find("notes.pdf: neither"), std::string::npos);
    EXPECT_NE(notes.find("mallory: neither"), std::string::npos);
}

TEST_F(LayoutsTest, PlainFilesThatNameTheirStudent)
{
    for (const std::string file : {"alice.rar", "bob.7z", "carol.tar.bz2", "grace.cpp", "heidi.CC",
                                   "ivan.cpp.txt", "server.cpp", "Server.cpp", "main.cpp"}) {
        put(file);
    }
    look();
    EXPECT_EQ(found.size(), 6U);
    for (const std::string id : {"alice", "bob", "carol"}) {
        ASSERT_EQ(found.count(id), 1U) << id;
        EXPECT_FALSE(found.find(id)->second.named_for_student) << id;
    }
    for (const std::string id : {"grace", "heidi", "ivan"}) {
        ASSERT_EQ(found.count(id), 1U) << id;
        EXPECT_TRUE(found.find(id)->second.named_for_student) << id;
    }
    for (const std::string file : {"server.cpp", "Server.cpp", "main.cpp"}) { // of a student's own
        EXPECT_NE(notes.find(file + ": whose it is nobody knows"), std::string::npos) << notes;
    }
}

TEST_F(LayoutsTest, PlainAttempts)
{
    put("alice/attempt-1/server.cpp");
    put("alice/attempt-2.zip");
    put("alice/server.cpp");
    put("bob/attempts.txt");
    look();
    EXPECT_NE(notes.find("alice: server.cpp lies beside attempts"), std::string::npos) << notes;
    EXPECT_EQ(notes.find("bob:"), std::string::npos) << notes;
    EXPECT_EQ(found.count("alice"), 2U);
    EXPECT_TRUE(found.find("alice")->second.one_of_several);
    EXPECT_EQ(found.count("bob"), 1U);
}

TEST_F(LayoutsTest, Canvas)
{
    put("doejane_4711_815_lab-1.zip");
    put("roejohn_LATE_4712_816_server-1.cpp");
    look();
    EXPECT_NE(notes.find("canvas's layout"), std::string::npos);
    ASSERT_EQ(found.count("4711"), 1U);
    EXPECT_EQ(found.find("4711")->second.name, "doejane");
    EXPECT_EQ(found.find("4711")->second.number, 815);
    EXPECT_FALSE(found.find("4711")->second.said_late);
    ASSERT_EQ(found.count("4712"), 1U);
    EXPECT_TRUE(found.find("4712")->second.said_late);
    EXPECT_EQ(found.find("4712")->second.file_name, "server-1.cpp");
}

TEST_F(LayoutsTest, Moodle)
{
    put("Jane_van der Doe_4711_assignsubmission_file_/server.cpp");
    put("John Roe_4712_assignsubmission_file_lab.zip");
    put("Jim Poe_4713_assignsubmission_onlinetext_/onlinetext.html");
    look();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found.find("4711")->second.name, "Jane_van der Doe");
    EXPECT_EQ(found.find("4712")->second.file_name, "lab.zip");
    EXPECT_FALSE(found.find("4712")->second.typed_in);
    EXPECT_TRUE(found.find("4713")->second.typed_in);
}

TEST_F(LayoutsTest, Gradescope)
{
    write(submissions / "submission_metadata.yml", R"(---
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '0042'
    :email: jane@example.edu
  - :name: John Roe
    :sid:
    :email: john@example.edu
  :created_at: 2026-09-20 17:35:12.345678000 Z
  :score: 10.0
submission_2:
  :submitters: []
../escape:
  :submitters:
  - :name: Mallory
)");
    put("submission_1/server.cpp");
    put("submission_2/server.cpp");
    put("submission_3/server.cpp");
    look();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found.find("0042")->second.email, "jane@example.edu");
    EXPECT_EQ(to_utc(found.find("0042")->second.time.value()), "2026-09-20T17:35:12Z");
    EXPECT_EQ(found.count("john@example.edu"), 1U);
    EXPECT_NE(notes.find("submission_2: the metadata name no submitter"), std::string::npos);
    EXPECT_NE(notes.find("submission_3: not in"), std::string::npos);
    EXPECT_NE(notes.find("../escape: in the metadata"), std::string::npos);
}

TEST_F(LayoutsTest, RefusesBrokenMetadata)
{
    for (const std::string text : {"- a\n- b\n", "a: [",
                                   "a: {:created_at: yesterday, :submitters: "
                                   "[{:name: A}]}\n"}) {
        write(submissions / "submission_metadata.yml", text);
        put("a/server.cpp");
        EXPECT_THROW(look(), std::invalid_argument) << text;
    }
}

TEST_F(LayoutsTest, ClonesOfAnAssignment)
{
    for (const std::string who : {"lab-1-alice", "lab-1-bob-the-builder"}) {
        fs::create_directories(submissions / who);
        output_of({"git", "init", "-q", (submissions / who).string()});
        output_of({"env", "GIT_COMMITTER_DATE=2026-10-01T12:00:00Z", "git", "-C",
                   (submissions / who).string(), "-c", "user.name=a", "-c", "user.email=a@b",
                   "commit", "-q", "--allow-empty", "-m", "done"});
    }
    look();
    EXPECT_NE(notes.find("clones of 'lab-1'"), std::string::npos);
    ASSERT_EQ(found.count("alice"), 1U);
    EXPECT_EQ(found.count("bob-the-builder"), 1U);
    EXPECT_EQ(to_utc(found.find("alice")->second.time.value()), "2026-10-01T12:00:00Z");
    found.clear();
    look({Handing::automatic, "lab-1-bob"});
    EXPECT_EQ(found.count("the-builder"), 1U);
    EXPECT_NE(notes.find("lab-1-alice: not called lab-1-bob-USERNAME"), std::string::npos);
}

TEST(CommonAssignment, EndsAtADash)
{
    EXPECT_EQ(common_assignment({"hw-1-an", "hw-1-anna"}), "hw-1");
    EXPECT_EQ(common_assignment({"a", "b"}), "");
    EXPECT_EQ(common_assignment({"hw-1-an"}), "");
    EXPECT_EQ(common_assignment({}), "");
}

TEST(Times, WithTheirZone)
{
    EXPECT_EQ(time_from("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(time_from("2026-10-01T23:59:00+02:00"), time_from("2026-10-01 21:59 UTC"));
    EXPECT_EQ(time_from("2026-10-01T23:59:00-0130"), time_from("2026-10-02 01:29:00.5 Z"));
    EXPECT_EQ(to_utc(time_from("2026-02-28T00:00:07Z")), "2026-02-28T00:00:07Z");
    for (const std::string text : {"", "2026-10-01", "2026-10-01T23:59:00", "2026-02-30T00:00:00Z",
                                   "2026-10-01T24:10:00Z", "soon"}) {
        EXPECT_THROW(time_from(text), std::invalid_argument) << text;
    }
}

} // namespace
