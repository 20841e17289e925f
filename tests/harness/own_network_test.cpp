#include "tests/harness/contract.h"
#include "tests/harness/own_network.h"
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/sock_diag.h"
#include "tests/harness/story.h"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace harness;

namespace {

constexpr int no_namespaces = 100;

// In a process of its own, for it changes networks.
int verdict_with_room_for(std::size_t time_waits)
{
    if (!enter_own_network(time_waits)) {
        return no_namespaces;
    }
    const auto build = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path();
    set_server_command((build / "solutions/01-iterative/server").string());
    begin_story("RestartsOnTheSamePort");
    try {
        contract::restarts_on_the_same_port();
    } catch (const testing::AssertionException&) {
        return static_cast<int>(story().verdict);
    }
    return static_cast<int>(Verdict::pass);
}

// Nothing where there are no namespaces.
std::optional<Verdict> verdict_elsewhere(std::size_t time_waits)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(verdict_with_room_for(time_waits));
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    return WEXITSTATUS(status) == no_namespaces
               ? std::nullopt
               : std::optional(static_cast<Verdict>(WEXITSTATUS(status)));
}

TEST(OwnNetwork, HasRoomForItsConnectionsInTimeWait)
{
    const auto verdict = verdict_elsewhere(1'000);
    if (!verdict) {
        GTEST_SKIP() << "no namespaces here";
    }
    EXPECT_EQ(*verdict, Verdict::pass);
}

// The kernel does without TIME_WAIT then, and nothing is in the way of a server's bind.
TEST(OwnNetwork, FullOfConnectionsInTimeWaitIsNoFaultOfTheServers)
{
    const auto verdict = verdict_elsewhere(0);
    if (!verdict) {
        GTEST_SKIP() << "no namespaces here";
    }
    EXPECT_EQ(*verdict, Verdict::inconclusive);
}

} // namespace
