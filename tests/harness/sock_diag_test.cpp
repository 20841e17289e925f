#include "common/address.h"
#include "common/errors.h"
#include "common/unique_fd.h"
#include "tests/harness/ports.h"
#include "tests/harness/sock_diag.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace harness;
using lab::UniqueFd;

namespace {

UniqueFd bound_socket(int type, const lab::Address& address)
{
    UniqueFd socket(lab::check(::socket(address.family(), type | SOCK_CLOEXEC, 0), "socket"));
    lab::check(::bind(socket.get(), address.get(), address.length), "bind");
    return socket;
}

std::uint64_t inode_of(const UniqueFd& socket)
{
    struct stat facts {};
    lab::check(::fstat(socket.get(), &facts), "fstat");
    return facts.st_ino;
}

std::uint32_t receive_room_of(const UniqueFd& socket)
{
    std::uint32_t room = 0;
    socklen_t length = sizeof(room);
    lab::check(::getsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, &length), "SO_RCVBUF");
    return room;
}

TEST(SockDiag, TellsOfAUdpSocketAndWhatWaitsInIt)
{
    for (const std::string host : {"127.0.0.1", "::1"}) {
        const auto address = lab::resolve(host, reserve_port());
        UniqueFd socket = bound_socket(SOCK_DGRAM, address);
        auto found = udp_sockets_by_diag(address.port());
        if (!found) {
            GTEST_SKIP() << "this kernel has no udp_diag";
        }
        ASSERT_EQ(found->size(), 1U) << host;
        EXPECT_EQ(found->at(0).inode, inode_of(socket));
        EXPECT_EQ(to_string(found->at(0).local), to_string(address));
        EXPECT_EQ(found->at(0).receive_queue, 0U);
        EXPECT_EQ(found->at(0).receive_room, receive_room_of(socket));

        lab::check(::sendto(socket.get(), "ping", 4, 0, address.get(), address.length), "sendto");
        EXPECT_GT(udp_sockets_by_diag(address.port())->at(0).receive_queue, 0U);
        socket.reset();
        EXPECT_TRUE(udp_sockets_by_diag(address.port())->empty());
    }
}

TEST(SockDiag, CountsWhoWaitsForAccept)
{
    const auto address = lab::resolve("127.0.0.1", reserve_port());
    const UniqueFd listener = bound_socket(SOCK_STREAM, address);
    lab::check(::listen(listener.get(), 7), "listen");
    const UniqueFd client(lab::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    lab::check(::connect(client.get(), address.get(), address.length), "connect");

    const auto sockets = tcp_sockets(address.port());
    const auto found = std::ranges::find(sockets, TcpState::listen, &SocketInfo::state);
    ASSERT_NE(found, sockets.end());
    EXPECT_EQ(found->inode, inode_of(listener));
    EXPECT_EQ(found->receive_queue, 1U);
    EXPECT_EQ(found->send_queue, 7U);
}

TEST(Ports, AreGivenOnce)
{
    const auto first = reserve_port();
    EXPECT_NE(reserve_port(), first);
    const auto taken = lab::resolve("127.0.0.1", reserve_port());
    EXPECT_NO_THROW(bound_socket(SOCK_STREAM, taken)); // reserved, not in use
}

} // namespace
