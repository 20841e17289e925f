// Whether a server spins: told by what it does, not by how busy the machine is.
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

using namespace harness;

namespace {

class SpinTest : public testing::Test {
protected:
    ~SpinTest() override { set_server_command(before_); }
    static Verdict verdict_on(const std::string& script)
    {
        begin_story("SpinTest");
        set_server_command("sh -c '" + script + "'");
        const auto server = ServerProcess::start_only({});
        try {
            server->expect_no_spin("in a test of the harness");
        } catch (const testing::AssertionException&) {
            return story().verdict;
        }
        return Verdict::pass;
    }
    // They compete for the processor until they go out of scope. Threads: what this process starts
    // would count as the server's.
    static std::vector<std::jthread> busy_loops(std::size_t count)
    {
        std::vector<std::jthread> loops;
        loops.reserve(count);
        while (loops.size() < count) {
            loops.emplace_back([](const std::stop_token& stop) {
                while (!stop.stop_requested()) {
                }
            });
        }
        return loops;
    }

private:
    std::string before_ = set_server_command("");
};

TEST_F(SpinTest, IsALoopWithoutSleep)
{
    EXPECT_EQ(verdict_on("while :; do :; done"), Verdict::fail);
}

TEST_F(SpinTest, IsALookEveryFewMilliseconds)
{
    EXPECT_EQ(verdict_on("exec perl -e \"select(undef, undef, undef, 0.005) while 1\""),
              Verdict::fail);
}

TEST_F(SpinTest, IsNoLookNowAndThen)
{
    EXPECT_EQ(verdict_on("exec perl -e \"select(undef, undef, undef, 0.025) while 1\""),
              Verdict::pass);
}

TEST_F(SpinTest, IsNoLookNowAndThenOnABusyMachine)
{
    const auto loops = busy_loops(12);
    EXPECT_EQ(verdict_on("exec perl -e \"select(undef, undef, undef, 0.025) while 1\""),
              Verdict::pass);
}

// Its processor time goes with it, and so it would look like one that has slept.
TEST_F(SpinTest, IsNotOverWithTheServersEnd)
{
    EXPECT_EQ(verdict_on("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"), Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_EQ(story().failure->got, "the server's end: it exited with status 0");
}

TEST_F(SpinTest, IsALoopOnABusyMachine)
{
    const auto loops = busy_loops(12);
    EXPECT_EQ(verdict_on("while :; do :; done"), Verdict::fail);
}

} // namespace
