// What a server says first, and what it sends without end: of the student's making, so never a test
// that "broke".
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

using namespace harness;

namespace {

class ServerStartTest : public testing::Test {
protected:
    ~ServerStartTest() override { set_server_command(before_); }

    static Report report_on(const std::string& command,
                            const std::function<void(ServerProcess&)>& test)
    {
        begin_story("ServerStartTest");
        set_server_command(command);
        try {
            ServerProcess server;
            test(server);
        } catch (const testing::AssertionException&) {
            return story();
        }
        return {};
    }

private:
    std::string before_ = set_server_command("");
};

TEST_F(ServerStartTest, NamesAnAddress)
{
    for (const char* const address :
         {"127.0.0.1:a-door", "127.0.0.1:70000", "127.0.0.1:0", "127.0.0.1:80 or so",
          "127.0.0.1:", "nobody.invalid:80", "80"}) {
        const Report report =
            report_on("sh -c 'echo listening on " + std::string(address) + "; exec sleep 600'",
                      [](ServerProcess&) {});
        EXPECT_EQ(report.verdict, Verdict::fail) << address;
        ASSERT_TRUE(report.failure) << address;
        EXPECT_EQ(report.failure->got, "\"listening on " + std::string(address) + "\"");
    }
}

constexpr const char* sends_for_ever = R"(python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
client = server.accept()[0]
while True:
    client.sendall(bytes(1 << 20))
')";

TEST_F(ServerStartTest, ComesToAnEnd)
{
    const Report report = report_on(sends_for_ever, [](ServerProcess& server) {
        TestClient alice = server.connect("alice");
        alice.receive_to_end();
    });
    EXPECT_EQ(report.verdict, Verdict::fail);
    ASSERT_TRUE(report.failure);
    EXPECT_EQ(report.failure->expected, "the end of alice's connection");
    EXPECT_TRUE(report.failure->got.starts_with("bytes without end: ")) << report.failure->got;
}

} // namespace
