#include "common/address.h"
#include "common/errors.h"
#include "common/unique_fd.h"

#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>
#include <sys/socket.h>

using namespace lab;

namespace {

UniqueFd listener_on(const std::string& host)
{
    const Address address = resolve(host, 0);
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM, 0), "socket"));
    check(::bind(listener.get(), address.get(), address.length), "bind");
    check(::listen(listener.get(), 1), "listen");
    return listener;
}

} // namespace

TEST(Address, ComesFromNumbers)
{
    EXPECT_EQ(to_string(resolve("127.0.0.1", 1060)), "127.0.0.1:1060");
    EXPECT_EQ(to_string(resolve("192.0.2.7", 65'535)), "192.0.2.7:65535");
    EXPECT_EQ(resolve("127.0.0.1", 1060).port(), 1060);
    EXPECT_EQ(resolve("127.0.0.1", 0).family(), AF_INET);
}

TEST(Address, OfVersion6StandsInBrackets)
{
    EXPECT_EQ(to_string(resolve("::1", 1060)), "[::1]:1060");
    EXPECT_EQ(to_string(resolve("2001:DB8:0:0::7", 1)), "[2001:db8::7]:1");
    EXPECT_EQ(resolve("::1", 8800).port(), 8800);
    EXPECT_EQ(resolve("::1", 0).family(), AF_INET6);
}

TEST(Address, ComesFromNames)
{
    const std::string text = to_string(resolve("localhost", 1060));
    EXPECT_TRUE(text == "127.0.0.1:1060" || text == "[::1]:1060") << text;
}

TEST(Address, OfNoHostMeansAllInterfaces)
{
    EXPECT_EQ(to_string(resolve("", 1060)), "0.0.0.0:1060");
}

TEST(Address, ThatDoesNotResolveSaysWhichAndWhy)
{
    try {
        resolve("no..such", 1060);
        FAIL() << "it did resolve";
    } catch (const std::runtime_error& error) {
        EXPECT_TRUE(std::string_view(error.what()).starts_with("host 'no..such': "))
            << error.what();
    }
    EXPECT_THROW(resolve("not a host", 1060), std::runtime_error);
}

TEST(Address, OfNothingIsUnknown)
{
    EXPECT_EQ(to_string(Address{}), "unknown address");
}

TEST(Address, OfASocketAtBothEnds)
{
    const UniqueFd listener = listener_on("127.0.0.1");
    const Address there = local_address(listener.get());
    EXPECT_NE(there.port(), 0);

    const UniqueFd client(check(::socket(AF_INET, SOCK_STREAM, 0), "socket"));
    check(::connect(client.get(), there.get(), there.length), "connect");
    const UniqueFd peer(check(::accept(listener.get(), nullptr, nullptr), "accept"));
    EXPECT_EQ(to_string(peer_address(client.get())), to_string(there));
    EXPECT_EQ(to_string(peer_address(peer.get())), to_string(local_address(client.get())));
}

TEST(Address, OfNoSocketIsAnError)
{
    EXPECT_THROW(local_address(-1), std::system_error);
    EXPECT_THROW(peer_address(listener_on("127.0.0.1").get()), std::system_error);
}

TEST(Address, IsAnnouncedOnStdoutInOneLine)
{
    const UniqueFd listener = listener_on("");
    testing::internal::CaptureStdout();
    announce(listener.get());
    const std::string port = std::to_string(local_address(listener.get()).port());
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "listening on 0.0.0.0:" + port + "\n");
}
