// A server that ends itself gives the end of its connections as well: whether it lives is told
// apart.
#include "common/errors.h"
#include "common/unique_fd.h"
#include "tests/harness/proc.h"
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <filesystem>
#include <functional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace harness;

namespace {

constexpr Seconds long_enough{60};

class ServerEndTest : public testing::Test {
protected:
    ~ServerEndTest() override { set_server_command(before_); }
    static Verdict verdict_on(const std::string& script,
                              const std::function<void(ServerProcess&)>& test)
    {
        begin_story("ServerEndTest");
        set_server_command("sh -c '" + script + "'");
        const auto server = ServerProcess::start_only({});
        test(*server);
        try {
            server->expect_that_it_lives();
        } catch (const testing::AssertionException&) {
            return story().verdict;
        }
        return Verdict::pass;
    }

private:
    std::string before_ = set_server_command("");
};

void see_its_end(ServerProcess& server)
{
    EXPECT_TRUE(server.wait_for_death(long_enough));
}

TEST_F(ServerEndTest, OfItsOwnAccordIsAFail)
{
    EXPECT_EQ(verdict_on("exit 7", see_its_end), Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_EQ(story().failure->expected, "a server that goes on serving");
    EXPECT_EQ(story().failure->got, "the server's end: it exited with status 7");
}

TEST_F(ServerEndTest, IsNotSeenInOneThatLives)
{
    EXPECT_EQ(verdict_on("exec sleep 600", [](ServerProcess&) {}), Verdict::pass);
}

TEST_F(ServerEndTest, IsKnownToWhoeverSeesItsDescriptorsClosed)
{
    const auto fifo =
        std::filesystem::temp_directory_path() / ("server_end_test." + std::to_string(::getpid()));
    lab::check(::mkfifo(fifo.c_str(), 0666), "mkfifo");
    lab::check(::chmod(fifo.c_str(), 0666), "chmod"); // the server may be another user
    const auto wait_for_end_of_file = [&](ServerProcess& server) {
        const lab::UniqueFd pipe(lab::check(::open(fifo.c_str(), O_RDONLY | O_CLOEXEC), "open"));
        char byte = 0;
        EXPECT_EQ(::read(pipe.get(), &byte, 1), 0);
        EXPECT_TRUE(is_ending(server.pid()));
    };
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(verdict_on("exec true > " + fifo.string(), wait_for_end_of_file), Verdict::fail);
    }
    std::filesystem::remove(fifo);
}

} // namespace
