// A datagram that was dropped says nothing about a server that was sent many; one that was sent a
// few has dropped it by what it sent itself, and one that has made its buffer smaller by that.
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

// Hears what is left when the first datagrams have been lost, and answers nothing.
std::string deaf_by(const std::string& option)
{
    return R"(python3 -c '
import ctypes, socket, struct
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
)" + option +
           R"(
server.bind(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
while True:
    server.recvfrom(2000)
')";
}

const std::string small_buffer = "server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)";
// A program for the kernel, of one instruction: of each datagram, keep nothing.
const std::string filter =
    R"(keep_nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
server.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 1, ctypes.addressof(keep_nothing))))";

Verdict verdict_on(const std::string& command, int questions, const std::string& question)
{
    begin_story("UdpClientTest");
    set_server_command(command);
    try {
        ServerProcess server;
        UdpClient alice(server, "alice");
        server.freeze();
        for (int i = 0; i < questions; ++i) {
            alice.send(question);
        }
        server.thaw();
        server.wait_until_idle();
        alice.expect("answer");
    } catch (const testing::AssertionException&) {
        return story().verdict;
    }
    return Verdict::pass;
}

TEST_F(UdpClientTest, BlamesAServerForItsOwnFlood)
{
    EXPECT_EQ(verdict_on(floods_who_asks, 1, "60000"), Verdict::fail);
}

TEST_F(UdpClientTest, BlamesNobodyWhenManyWereSent)
{
    EXPECT_EQ(verdict_on(floods_who_asks, 100, "600"), Verdict::inconclusive);
}

constexpr int too_many = 2'000; // for the buffer that every socket has

TEST_F(UdpClientTest, BlamesNobodyForABufferAsItIs)
{
    EXPECT_EQ(verdict_on(deaf_by(""), too_many, "hello"), Verdict::inconclusive);
}

TEST_F(UdpClientTest, BlamesAServerForABufferThatItHasMadeSmaller)
{
    EXPECT_EQ(verdict_on(deaf_by(small_buffer), 100, "hello"), Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_NE(story().failure->got.find("(SO_RCVBUF)"), std::string::npos) << story().failure->got;
}

TEST_F(UdpClientTest, BlamesAServerThatLosesWhatItsBufferHasRoomFor)
{
    EXPECT_EQ(verdict_on(deaf_by(filter), 100, "hello"), Verdict::fail);
}

} // namespace
