// A cgroup around a pod: on a folder that looks like one, and on the kernel's where we have some.
#include "common/errors.h"
#include "grading/files.h"
#include "grading/jail/cgroup.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class CgroupTest : public testing::Test {
protected:
    void SetUp() override
    {
        for (const char* const file : {"cgroup.subtree_control", "cgroup.procs"}) {
            harness::write_atomically(home / file, "");
        }
        harness::write_atomically(home / "cgroup.controllers", "cpu memory pids\n");
    }

    TemporaryFolder folder_{fs::temp_directory_path()};
    fs::path home = folder_.path();
};

TEST_F(CgroupTest, IsWantedWithControlOfMemoryAndProcesses)
{
    harness::write_atomically(home / "cgroup.controllers", "cpu memory\n");
    try {
        const CgroupHome none(home);
        FAIL() << "accepted";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("Delegate=yes"), std::string::npos);
    }
    EXPECT_THROW(CgroupHome(home / "nothing"), std::runtime_error);
}

TEST_F(CgroupTest, HandsControlDown)
{
    const CgroupHome ready(home);
    EXPECT_EQ(contents_of(home / "cgroup.subtree_control"), "+memory +pids");
    EXPECT_FALSE(fs::exists(home / "graders")); // nobody had to make way
}

TEST_F(CgroupTest, TellsWhetherMemoryRanOut)
{
    const CgroupHome ready(home);
    const fs::path below = home / "pod";
    fs::create_directory(below);
    for (const char* const file : {"memory.max", "pids.max", "memory.events"}) {
        harness::write_atomically(below / file, "");
    }
    const Cgroup pod(ready, "pod", 1'000, 10);
    EXPECT_EQ(contents_of(below / "memory.max"), "1000");
    harness::write_atomically(below / "memory.events", "low 0\noom 3\noom_kill 0\n");
    EXPECT_FALSE(pod.ran_out_of_memory());
    harness::write_atomically(below / "memory.events", "low 0\noom 3\noom_kill 1\n");
    EXPECT_TRUE(pod.ran_out_of_memory());
}

// -- the kernel's own: `systemd-run --user --scope -p Delegate=yes make test` has them tried

class KernelCgroupTest : public testing::Test {
protected:
    void SetUp() override
    {
        try {
            home.emplace();
        } catch (const std::exception& error) {
            GTEST_SKIP() << error.what();
        }
        harness::become_subreaper();
    }
    void TearDown() override { harness::kill_descendants(); }

    // A Python script in a cgroup.
    static harness::ChildProcess start(const Cgroup& cgroup, const std::string& script, int output)
    {
        harness::Command command{.arguments = {"python3", "-c", script}, .directory = {}};
        command.cgroup = cgroup.door();
        command.output = output;
        return harness::spawn(command);
    }
    [[nodiscard]] std::string name() const { return "test-" + std::to_string(::getpid()); }

    static constexpr std::uint64_t mebibyte = 1U << 20U;
    static constexpr harness::Seconds long_enough{60};
    std::optional<CgroupHome> home;
    lab::UniqueFd said = memory_file();
};

TEST_F(KernelCgroupTest, EndsWhatTakesTooMuchMemory)
{
    const Cgroup cgroup(*home, name(), 64 * mebibyte, 10);
    const auto small = start(cgroup, "bytearray(16 << 20)", said.get()).wait(long_enough);
    EXPECT_TRUE(small && small->success());
    EXPECT_FALSE(cgroup.ran_out_of_memory());
    const auto large = start(cgroup, "bytearray(256 << 20)", said.get()).wait(long_enough);
    EXPECT_TRUE(large && large->signal == SIGKILL);
    EXPECT_TRUE(cgroup.ran_out_of_memory());
}

TEST_F(KernelCgroupTest, BoundsTheProcesses)
{
    const Cgroup cgroup(*home, name(), 64 * mebibyte, 5);
    const std::string bomb = "import os, signal\n"
                             "made = 0\n"
                             "try:\n"
                             "    while made < 50:\n"
                             "        if os.fork() == 0: signal.pause()\n"
                             "        made += 1\n"
                             "except OSError: print(made)\n";
    start(cgroup, bomb, said.get()).wait(long_enough);
    EXPECT_EQ(contents_of(said.get(), 100), "4\n");
}

TEST_F(KernelCgroupTest, TakesAlongWhatWasLeftBehind)
{
    std::optional<Cgroup> cgroup(std::in_place, *home, name(), 64 * mebibyte, 10);
    const fs::path folder = cgroup->door().parent_path();
    auto daemon = start(*cgroup, "import os, signal\nos.setsid()\nsignal.pause()", said.get());
    EXPECT_TRUE(fs::exists(folder));
    cgroup.reset();
    EXPECT_FALSE(fs::exists(folder));
    EXPECT_TRUE(daemon.status());
}

} // namespace
