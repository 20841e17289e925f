// A datagram that was dropped says nothing about a server that was sent many; one that was sent a
// few has dropped it by what it sent itself.
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/udp_client.h"

#include <string>

#include <gtest/gtest.h>

using namespace harness;

namespace {

class UdpClientTest : public testing::Test {
protected:
    UdpClientTest() { set_transport(Transport::udp); }
    ~UdpClientTest() override
    {
        set_transport(Transport::tcp);
        set_server_command(before_);
    }

private:
    std::string before_ = set_server_command("");
};

constexpr const char* floods_who_asks = R"(python3 -c '
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
while True:
    count, who = server.recvfrom(2000)
    for _ in range(int(count)):
        server.sendto(b"unasked", who)
')";

Verdict verdict_after(int questions)
{
    constexpr int more_than_any_buffer_takes = 60'000;
    begin_story("UdpClientTest");
    set_server_command(floods_who_asks);
    try {
        ServerProcess server;
        UdpClient alice(server, "alice");
        for (int i = 0; i < questions; ++i) {
            alice.send(std::to_string(more_than_any_buffer_takes / questions));
        }
        server.wait_until_idle();
        alice.expect("answer");
    } catch (const testing::AssertionException&) {
        return story().verdict;
    }
    return Verdict::pass;
}

TEST_F(UdpClientTest, BlamesAServerForItsOwnFlood)
{
    EXPECT_EQ(verdict_after(1), Verdict::fail);
}

TEST_F(UdpClientTest, BlamesNobodyWhenManyWereSent)
{
    EXPECT_EQ(verdict_after(100), Verdict::inconclusive);
}

} // namespace
