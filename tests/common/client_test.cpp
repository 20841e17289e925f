#include "common/clients/client.h"
#include "common/errors.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <functional>
#include <limits>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

using namespace lab;

namespace {

Deadline soon()
{
    return Deadline(Seconds(0.002));
}
Deadline ample()
{
    return Deadline(Seconds(60));
} // ends a test that hangs

struct Pair {
    UniqueFd near;
    UniqueFd far;
};

Pair connected_pair()
{
    std::array<int, 2> ends{};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd bound_socket(const std::string& host)
{
    const Address address = resolve(host, 0);
    UniqueFd socket(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    check(::bind(socket.get(), address.get(), address.length), "bind");
    return socket;
}

UniqueFd listener_on(const std::string& host, int backlog)
{
    UniqueFd listener = bound_socket(host);
    check(::listen(listener.get(), backlog), "listen");
    return listener;
}

struct Error {
    int code = 0;
    std::string text;
};

Error error_of(const std::function<void()>& attempt)
{
    try {
        attempt();
        return {};
    } catch (const std::system_error& error) {
        return {error.code().value(), error.what()};
    }
}

std::string receive_all(int socket)
{
    std::string all;
    for (std::string some = "-"; !some.empty(); all += some) {
        some = receive_some(socket, 1'000, ample());
    }
    return all;
}

// Every other millisecond a signal whose handler does nothing, without SA_RESTART.
void disturb_with_signals()
{
    struct sigaction action {};
    action.sa_handler = [](int) {};
    check(::sigaction(SIGALRM, &action, nullptr), "sigaction");
    const itimerval often{{0, 2'000}, {0, 2'000}};
    check(::setitimer(ITIMER_REAL, &often, nullptr), "setitimer");
}

} // namespace

TEST(Deadline, CountsDownInMillisecondsRoundedUp)
{
    EXPECT_GT(Deadline(Seconds(10)).poll_timeout(), 9'000);
    EXPECT_LE(Deadline(Seconds(10)).poll_timeout(), 10'000);
    EXPECT_LE(Deadline(Seconds(0.0001)).poll_timeout(), 1);
}

TEST(Deadline, IsOverWhenItHasPassed)
{
    EXPECT_EQ(Deadline(Seconds(0)).poll_timeout(), 0);
    EXPECT_EQ(Deadline(Seconds(-5)).poll_timeout(), 0);
}

TEST(Deadline, MayBeFarAway)
{
    EXPECT_EQ(Deadline(Seconds(1e7)).poll_timeout(), INT_MAX);
    EXPECT_EQ(Deadline(Seconds(std::numeric_limits<double>::infinity())).poll_timeout(), INT_MAX);
}

TEST(ConnectTo, ReachesAListener)
{
    for (const std::string host : {"127.0.0.1", "::1"}) {
        const UniqueFd listener = listener_on(host, 1);
        const UniqueFd client = connect_to(local_address(listener.get()), ample());
        const UniqueFd peer(check(::accept(listener.get(), nullptr, nullptr), "accept"));
        send_all(client.get(), "over there", ample());
        EXPECT_EQ(receive_some(peer.get(), 100, ample()), "over there");
    }
}

TEST(ConnectTo, SaysWhoRefused)
{
    const UniqueFd deaf = bound_socket("127.0.0.1"); // keeps the port, and does not listen
    const Address address = local_address(deaf.get());
    const Error error = error_of([&] { connect_to(address, ample()); });
    EXPECT_EQ(error.code, ECONNREFUSED);
    EXPECT_EQ(error.text, "connect " + to_string(address) + ": Connection refused");
}

TEST(ConnectTo, GivesUpAtItsDeadline)
{
    const UniqueFd listener = listener_on("127.0.0.1", 0); // and never accepts
    const Address address = local_address(listener.get());
    std::vector<UniqueFd> waiting;
    const Error error = error_of([&] {
        while (waiting.size() < 100) {
            waiting.push_back(connect_to(address, Deadline(Seconds(0.02))));
        }
    });
    EXPECT_EQ(error.code, ETIMEDOUT) << waiting.size() << " connected";
    EXPECT_EQ(error.text, "connect " + to_string(address) + ": Connection timed out");
}

TEST(SendAll, SendsMoreThanTheKernelHolds)
{
    Pair pair = connected_pair();
    const std::string megabytes(5'000'000, 'x');
    std::string received;
    std::jthread reader([&] { received = receive_all(pair.far.get()); });
    send_all(pair.near.get(), megabytes, ample());
    pair.near.reset();
    reader.join();
    EXPECT_TRUE(received == megabytes) << received.size() << " bytes received";
}

TEST(SendAll, GivesUpAtItsDeadlineWhenNobodyReads)
{
    const Pair pair = connected_pair();
    const std::string megabytes(5'000'000, 'x');
    const Error error = error_of([&] { send_all(pair.near.get(), megabytes, soon()); });
    EXPECT_EQ(error.code, ETIMEDOUT);
    EXPECT_TRUE(error.text.starts_with("send, with ")) << error.text;
    EXPECT_TRUE(error.text.ends_with(" bytes left: Connection timed out")) << error.text;
}

TEST(SendAll, ToAClosedPeerIsAnErrorAndNoSignal)
{
    Pair pair = connected_pair();
    pair.far.reset();
    const Error error = error_of([&] { send_all(pair.near.get(), "anybody?", ample()); });
    EXPECT_EQ(error.code, EPIPE);
    EXPECT_EQ(error.text, "send: Broken pipe");
}

TEST(SendAll, OfNothingNeedsNobody)
{
    send_all(-1, "", soon());
}

TEST(ReceiveSome, GivesWhatIsThereAndNoMoreThanAsked)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "Ugly.Complex.", ample());
    EXPECT_EQ(receive_some(pair.near.get(), 5, ample()), "Ugly.");
    EXPECT_EQ(receive_some(pair.near.get(), 1'000'000'000, ample()), "Complex.");
}

TEST(ReceiveSome, GivesWhatIsThereEvenAfterTheDeadline)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "in time", ample());
    EXPECT_EQ(receive_some(pair.near.get(), 100, Deadline(Seconds(0))), "in time");
}

TEST(ReceiveSome, GivesNothingAtEndOfFile)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "bye", ample());
    check(::shutdown(pair.far.get(), SHUT_WR), "shutdown");
    EXPECT_EQ(receive_some(pair.near.get(), 100, ample()), "bye");
    EXPECT_EQ(receive_some(pair.near.get(), 100, ample()), "");
    EXPECT_EQ(receive_some(pair.near.get(), 100, ample()), "");
}

TEST(ReceiveSome, GivesUpAtItsDeadline)
{
    const Pair pair = connected_pair();
    const Error error = error_of([&] { receive_some(pair.near.get(), 100, soon()); });
    EXPECT_EQ(error.code, ETIMEDOUT);
    EXPECT_EQ(error.text, "receive: Connection timed out");
}

TEST(ReceiveSome, OfNoSocketIsAnError)
{
    EXPECT_EQ(error_of([] { receive_some(-1, 100, ample()); }).code, EBADF);
}

TEST(ReceiveSome, TellsAResetFromAnEnd)
{
    const UniqueFd listener = listener_on("127.0.0.1", 1);
    const UniqueFd client = connect_to(local_address(listener.get()), ample());
    UniqueFd peer(check(::accept(listener.get(), nullptr, nullptr), "accept"));
    const linger at_once{1, 0}; // close() resets
    check(::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
    peer.reset();
    EXPECT_EQ(error_of([&] { receive_some(client.get(), 100, ample()); }).code, ECONNRESET);
}

TEST(ReceiveUntil, StopsAtTheLastByteAndLeavesTheRest)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "Ugly.Complex.Impl", ample());
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "Ugly.");
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "Complex.");
    EXPECT_EQ(receive_some(pair.near.get(), 1'000, ample()), "Impl");
}

TEST(ReceiveUntil, JoinsThePieces)
{
    const Pair pair = connected_pair();
    std::jthread talker([&] {
        for (const char byte : std::string("Complex.Ugly.")) {
            send_all(pair.far.get(), {&byte, 1}, ample());
        }
    });
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "Complex.");
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "Ugly.");
}

TEST(ReceiveUntil, TakesNoMoreThanAsked)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "Complex.", ample());
    EXPECT_EQ(receive_until(pair.near.get(), '.', 4, ample()), "Comp");
    EXPECT_EQ(receive_until(pair.near.get(), '.', 4, ample()), "lex.");
}

TEST(ReceiveUntil, GivesWhatCameBeforeTheEndOfFile)
{
    Pair pair = connected_pair();
    send_all(pair.far.get(), "Comp", ample());
    pair.far.reset();
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "Comp");
    EXPECT_EQ(receive_until(pair.near.get(), '.', 1'000, ample()), "");
}

TEST(ReceiveUntil, GivesUpAtItsDeadline)
{
    const Pair pair = connected_pair();
    send_all(pair.far.get(), "Comp", ample());
    const Error error = error_of([&] { receive_until(pair.near.get(), '.', 1'000, soon()); });
    EXPECT_EQ(error.code, ETIMEDOUT);
    EXPECT_EQ(error.text, "receive until '.': Connection timed out");
}

TEST(ClientDeathTest, WaitsOnWhenSignalsCome)
{
    const auto wait_among_signals = [] {
        const Pair pair = connected_pair();
        disturb_with_signals();
        const auto start = std::chrono::steady_clock::now();
        const Error error =
            error_of([&] { receive_some(pair.near.get(), 1, Deadline(Seconds(0.02))); });
        const bool in_time = std::chrono::steady_clock::now() - start >= Seconds(0.02);
        ::_exit(error.code == ETIMEDOUT && in_time ? 0 : 1);
    };
    EXPECT_EXIT(wait_among_signals(), testing::ExitedWithCode(0), "");
}
