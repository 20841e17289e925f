#include "grading/class/store.h"
#include "grading/files.h"
#include "grading/jail/lone_user.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

// As in tier C: users are all that keeps strangers apart.
class CloseToOtherUsersTest : public testing::Test {
protected:
    void SetUp() override
    {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "it takes root to have other users";
        }
        fs::permissions(folder_.path(), fs::perms(0711));
        for (const fs::path& file : {book, source, program, outside}) {
            fs::create_directories(file.parent_path());
            write(file);
        }
        fs::permissions(program, fs::perms(0755));
        fs::create_symlink(outside, out / "link");
    }
    ~CloseToOtherUsersTest() override { ::umask(mask_); }

    static void write(const fs::path& file) { harness::write_atomically(file, "#!/bin/sh\n"); }
    static bool stranger_can(const std::string& what, const fs::path& path)
    {
        harness::Command command{.arguments = {what, path.string()}, .directory = "/"};
        command.user = next_lone_user();
        const auto status = harness::spawn(command).wait(harness::Seconds(60));
        return status && status->success();
    }

private:
    TemporaryFolder folder_{fs::temp_directory_path()};
    mode_t mask_ = ::umask(022); // as most have it

protected:
    fs::path out = folder_.path() / "out";
    fs::path book = out / "gradebook.json";
    fs::path source = out / "sources/1f0c/server.cpp";
    fs::path program = out / "scratch/run.d/server";
    fs::path outside = folder_.path() / "outside";
};

TEST_F(CloseToOtherUsersTest, WhoMayRunWhatTheyAreStartedFrom)
{
    close_to_other_users(out);
    EXPECT_TRUE(stranger_can(program, "/"));
}

TEST_F(CloseToOtherUsersTest, WhoReadNothingOfWhatIsThere)
{
    for (const fs::path& file : {book, source}) {
        EXPECT_TRUE(stranger_can("cat", file)) << file; // else the rest would show nothing
    }
    close_to_other_users(out);
    for (const fs::path& file : {book, source}) {
        EXPECT_FALSE(stranger_can("cat", file)) << file;
    }
}

// The names of scratch folders are random: who cannot see them cannot go to a neighbour's program.
TEST_F(CloseToOtherUsersTest, WhoSeeNoNeighboursProgram)
{
    for (const fs::path& folder : {out, out / "scratch"}) {
        EXPECT_TRUE(stranger_can("ls", folder)) << folder;
    }
    close_to_other_users(out);
    for (const fs::path& folder : {out, out / "scratch"}) {
        EXPECT_FALSE(stranger_can("ls", folder)) << folder;
    }
}

TEST_F(CloseToOtherUsersTest, WhoReadNothingOfWhatIsMadeLater)
{
    close_to_other_users(out);
    const fs::path later = out / "later.json";
    write(later);
    EXPECT_FALSE(stranger_can("cat", later));
    fs::create_directories(out / "scratch/later.d");
    EXPECT_FALSE(stranger_can("ls", out / "scratch/later.d"));
}

TEST_F(CloseToOtherUsersTest, LeavesAloneWhereALinkLeads)
{
    close_to_other_users(out);
    EXPECT_TRUE(stranger_can("cat", outside));
}

} // namespace
