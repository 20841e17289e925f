// How long a test waits: not for what cannot come any more, and as long as it must for the rest.
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

using namespace harness;

namespace {

constexpr Seconds very_long{600};

class WaitTest : public testing::Test {
protected:
    ~WaitTest() override { set_server_command(before_); }
    static std::unique_ptr<ServerProcess> start(const std::string& script)
    {
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

} // namespace
