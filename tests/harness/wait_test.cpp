// How long a test waits: not for what cannot come any more, and as long as it must for the rest.
#include "tests/harness/opportunity.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

using namespace harness;

namespace {

constexpr Seconds very_long{600};

class WaitTest : public testing::Test {
protected:
    ~WaitTest() override { set_server_command(before_); }
    static std::unique_ptr<ServerProcess> start(const std::string& script)
    {
        begin_story("WaitTest");
        set_server_command("sh -c '" + script + "'");
        return ServerProcess::start_only({});
    }

private:
    std::string before_ = set_server_command("");
};

bool is_over_within(Wait& wait, Seconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (!wait.is_over() && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
    }
    return wait.is_over();
}

TEST_F(WaitTest, EndsWhenTheServerSleepsAllTheWhile)
{
    const auto server = start("exec sleep 600");
    Wait wait(*server, very_long);
    EXPECT_TRUE(is_over_within(wait, Seconds(120)));
}

TEST_F(WaitTest, GoesOnWhileTheServerIsAtWork)
{
    const auto server = start("while :; do :; done");
    Wait wait(*server, very_long);
    EXPECT_FALSE(is_over_within(wait, Seconds(5)));
}

TEST_F(WaitTest, GoesOnWhileTheServerWakesNowAndThen)
{
    const auto server = start("while :; do sleep 0.2; done");
    Wait wait(*server, very_long);
    EXPECT_FALSE(is_over_within(wait, Seconds(5)));
}

TEST_F(WaitTest, KnowsWhatAWholeTestHasTaken)
{
    constexpr Seconds little{2};
    const auto server = start("exec sleep 600");
    EXPECT_FALSE(test_has_taken(*server, little));
    const auto start = std::chrono::steady_clock::now();
    while (!test_has_taken(*server, little)) { // many waits, each of them short
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ASSERT_LT(std::chrono::steady_clock::now() - start, very_long);
    }
    EXPECT_GE(std::chrono::steady_clock::now() - start, little);
    begin_story("another");
    EXPECT_FALSE(test_has_taken(*server, little));
}

// -- what of a time a server could use

constexpr Seconds second{1};

Task task(pid_t id, char state, Seconds worked, Seconds waited)
{
    const auto nanoseconds = [](Seconds time) {
        return static_cast<std::uint64_t>(std::chrono::nanoseconds::period::den * time.count());
    };
    Task made;
    made.id = id;
    made.state = state;
    made.cpu_ns = nanoseconds(worked);
    made.waited_ns = nanoseconds(waited);
    made.timeslices = made.cpu_ns;
    return made;
}

double opportunity(const std::vector<Task>& before, const std::vector<Task>& now)
{
    return opportunity_between(before, now, second).count();
}

TEST(OpportunityTest, IsAllTheTimeForOneThatSleeps)
{
    EXPECT_DOUBLE_EQ(opportunity({task(1, 'S', second, second)}, {task(1, 'S', second, second)}),
                     1);
}

TEST(OpportunityTest, IsNotTheTimeThatOneOfThemWaitedForAProcessor)
{
    const auto first = task(1, 'S', second, second);
    EXPECT_DOUBLE_EQ(opportunity({first, task(2, 'R', Seconds(0), Seconds(0))},
                                 {first, task(2, 'S', 0.1 * second, 0.6 * second)}),
                     0.4);
}

TEST(OpportunityTest, IsNoneForOneThatWaitsStill)
{
    EXPECT_DOUBLE_EQ(opportunity({task(1, 'R', second, second)}, {task(1, 'R', second, second)}),
                     0);
}

TEST(OpportunityTest, CountsWhatANewOneWaited)
{
    EXPECT_DOUBLE_EQ(opportunity({}, {task(1, 'R', 0.1 * second, 0.75 * second)}), 0.25);
}

// Else who makes new ones all the time would never have had any.
TEST(OpportunityTest, IsNotLessForANewOneThatHasNotRunYet)
{
    EXPECT_DOUBLE_EQ(opportunity({}, {task(1, 'R', Seconds(0), Seconds(0))}), 1);
}

TEST(OpportunityTest, IsWhatTheyWorkedWhenTheyKeepEachOtherWaiting)
{
    std::vector<Task> before;
    std::vector<Task> now;
    for (pid_t id = 1; id <= 20; ++id) {
        before.push_back(task(id, 'R', Seconds(0), Seconds(0)));
        now.push_back(task(id, 'R', 0.1 * second, 0.9 * second));
    }
    EXPECT_NEAR(opportunity(before, now), 2, 1e-6);
}

} // namespace
