#include "tests/harness/test_client.h"

#include "common/errors.h"
#include "tests/harness/patience.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace harness {

namespace {

void record(const std::string& connection, bool sent, std::string_view bytes)
{
    auto& wire = story().wire;
    if (!wire.empty() && wire.back().connection == connection && wire.back().sent == sent) {
        wire.back().bytes += bytes;
    } else if (!bytes.empty()) {
        wire.push_back({connection, sent, std::string(bytes), std::nullopt});
    }
}

std::string shown(std::string_view bytes)
{
    constexpr std::size_t most = 60;
    if (bytes.size() <= most) {
        return '"' + printable(bytes) + '"';
    }
    return '"' + printable(bytes.substr(0, most)) + "\" … (" + std::to_string(bytes.size()) +
           " bytes)";
}

// Text in which a missing or doubled piece shows.
std::string numbered_lines(std::size_t size)
{
    std::string text;
    while (text.size() < size) {
        text += std::to_string(text.size()) + " bytes came before this line\n";
    }
    text.resize(size);
    return text;
}

// A client cannot connect to "every interface": it takes the loopback one.
lab::Address connectable(lab::Address address)
{
    if (address.family() == AF_INET) {
        auto& ip = reinterpret_cast<sockaddr_in*>(&address.storage)->sin_addr.s_addr;
        ip = ip == INADDR_ANY ? htonl(INADDR_LOOPBACK) : ip;
    } else if (auto& ip = reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_addr;
               IN6_IS_ADDR_UNSPECIFIED(&ip)) {
        ip = in6addr_loopback;
    }
    return address;
}

} // namespace

TestClient::TestClient(ServerProcess& server, std::string name, int receive_buffer)
    : server_(&server), name_(std::move(name)), peer_(connectable(server.address()))
{
    const lab::Address& to = peer_;
    socket_ = UniqueFd(
        lab::check(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    if (receive_buffer != 0) {
        lab::check(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                                sizeof(receive_buffer)),
                   "SO_RCVBUF");
    }
    const int on = 1; // pieces go out as the test cuts them
    lab::check(::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
               "TCP_NODELAY");
    step(name_ + " connected");
    if (::connect(socket_.get(), to.get(), to.length) == -1 && errno != EINPROGRESS) {
        fail(name_ + " to connect to " + to_string(to), std::generic_category().message(errno));
    }
    wait_for(POLLOUT, name_ + " to connect");
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        fail(name_ + " to connect to " + to_string(to), std::generic_category().message(error));
    }
    address_ = lab::local_address(socket_.get());
}

void TestClient::wait_for(short events, const std::string& awaited)
{
    Wait wait(*server_);
    for (;;) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait.left()).count();
        std::array<pollfd, 2> ready{{{socket_.get(), events, 0}, {server_->death(), POLLIN, 0}}};
        const int count = ::poll(ready.data(), ready.size(), static_cast<int>(ms));
        if (ready[0].revents != 0) {
            return;
        }
        if (count > 0) {
            server_->fail_because_dead(awaited);
        }
        if (count == 0 && wait.is_over()) {
            wait.fail(awaited, "nothing: the server stayed silent");
        }
    }
}

void TestClient::send(std::string_view bytes)
{
    step(name_ + " sent " + shown(bytes));
    send_quietly(bytes);
}

void TestClient::send_quietly(std::string_view bytes)
{
    record(name_, true, bytes);
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            sent_ += static_cast<std::uint64_t>(count);
        } else if (errno == EAGAIN) {
            wait_for(POLLOUT, "the server to take what " + name_ + " sends");
        } else if (errno != EINTR) {
            fail_at_loss("the server to take what " + name_ + " sends");
        }
    }
    wait_until_delivered();
}

void TestClient::drip(std::string_view bytes)
{
    step(name_ + " sent " + shown(bytes) + " byte by byte, each when the last had been read");
    for (const char& byte : bytes) {
        send_quietly({&byte, 1});
        eventually(
            *server_, "the server to read each byte as it comes",
            [&] {
                const auto connection = server_->connection_of(*this);
                return !connection || connection->receive_queue == 0;
            },
            [] { return "bytes left unread"; });
    }
}

// The server has closed, or sent its FIN, which we need not have seen yet: it may stand behind
// bytes that we do not receive.
bool TestClient::has_let_go() const
{
    const auto connection = server_->connection_of(*this);
    return !connection || (connection->state != TcpState::established &&
                           connection->state != TcpState::syn_received);
}

// The server sleeps. If it does so in a send, the kernel has asked twice more whether we have room:
// upon the first answer it may make its own buffer larger, and the send would go on.
void TestClient::wait_until_blocked()
{
    constexpr int pause = 10;   // ms
    constexpr int enough = 200; // of them: three times what two probes take
    for (int times = 0; times < enough; ++times) {
        server_->wait_until_idle();
        const auto connection = server_->connection_of(*this);
        pollfd room{socket_.get(), POLLOUT, 0};
        if (!connection || connection->send_queue == 0 || connection->probes > 1 ||
            ::poll(&room, 1, pause) > 0) {
            return;
        }
    }
}

std::string TestClient::send_until_stuck()
{
    step(name_ + " sent without ever receiving, until the server took no more");
    constexpr std::size_t most = 40 << 20; // bytes: several times what all buffers hold
    static const std::string chunk = numbered_lines(65'536);
    std::string all;
    for (bool stuck = false; !stuck;) {
        if (has_let_go()) {
            break; // it may read on, to its last word's delivery: not to serve us
        }
        if (all.size() > most) {
            fail("a server that stops receiving while " + name_ + " takes nothing",
                 "one that goes on for ever");
        }
        const std::size_t begin = all.size() % chunk.size();
        const ssize_t count =
            ::send(socket_.get(), chunk.data() + begin, chunk.size() - begin, MSG_NOSIGNAL);
        if (count > 0) {
            all.append(chunk, begin, static_cast<std::size_t>(count));
            continue;
        }
        if (count == -1 && errno != EAGAIN) {
            break; // the server has let go of us: what follows will show whether it may
        }
        // Full for now. It stays full when the server sleeps with bytes of ours unread.
        wait_until_blocked();
        pollfd room{socket_.get(), POLLOUT, 0};
        stuck = ::poll(&room, 1, 0) == 0;
    }
    sent_ += all.size();
    record(name_, true, all);
    return all;
}

void TestClient::send_until_let_go()
{
    constexpr int pace = 20; // ms: far less than any time-out of the server's
    const std::string awaited = "the server to let go of " + name_ + ", who never stops sending";
    step(name_ + " goes on sending, byte by byte, until the server lets go");
    Wait wait(*server_);
    while (::send(socket_.get(), ".", 1, MSG_NOSIGNAL) == 1) {
        std::array<pollfd, 2> gone{{{socket_.get(), 0, 0}, {server_->death(), POLLIN, 0}}};
        ::poll(gone.data(), gone.size(), pace);
        if (gone[1].revents != 0) {
            server_->fail_because_dead(awaited);
        }
        if (wait.is_over()) {
            wait.fail(awaited, "one that goes on listening to it");
        }
    }
}

void TestClient::wait_until_delivered()
{
    eventually(
        *server_, "the bytes to arrive in the server's kernel",
        [&] {
            const auto connection = server_->connection_of(*this);
            // Closed by the server, or all there; the FIN counts as one more byte.
            return !connection || connection->bytes_received >= sent_ ||
                   connection->state != TcpState::established;
        },
        [] { return "bytes still on their way"; });
}

void TestClient::half_close()
{
    step(name_ + " said that it will send no more (FIN)");
    ::shutdown(socket_.get(), SHUT_WR);
    eventually(
        *server_, "the FIN to arrive in the server's kernel",
        [&] {
            const auto connection = server_->connection_of(*this);
            // Behind bytes that the server has no room for, the FIN waits as they do.
            return !connection || connection->bytes_received < sent_ ||
                   connection->state != TcpState::established;
        },
        [] { return "a FIN still on its way"; });
}

void TestClient::close()
{
    step(name_ + " closed");
    socket_.reset();
    eventually(
        *server_, "the FIN to arrive in the server's kernel",
        [&] {
            const auto connection = server_->connection_of(*this);
            return !connection || connection->state != TcpState::established;
        },
        [] { return "a FIN still on its way"; });
}

void TestClient::reset()
{
    step(name_ + " reset the connection (RST)");
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    socket_.reset();
    eventually(
        *server_, "the reset to arrive in the server's kernel",
        [&] {
            const auto connection = server_->connection_of(*this);
            return !connection || connection->state == TcpState::closed;
        },
        [] { return "a reset still on its way"; });
}

// Far more than any test has a right server send.
void TestClient::note_received(std::string_view bytes, const std::string& awaited)
{
    constexpr std::size_t most = std::size_t{128} << 20U;
    record(name_, false, bytes);
    if (!flow_ || flow_->step != story().steps.size()) {
        flow_.emplace(Flow{story().steps.size()});
    }
    flow_->bytes += bytes.size();
    if (flow_->bytes > most) {
        fail(awaited, "bytes without end: " + std::to_string(flow_->bytes) + " so far");
    }
}

std::string TestClient::receive_some(std::size_t most, const std::string& awaited)
{
    // Acknowledge at once: the server may hold back a short piece until we do (Nagle's algorithm).
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    std::string bytes(most, '\0');
    for (;;) {
        const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (count >= 0) {
            bytes.resize(static_cast<std::size_t>(count));
            note_received(bytes, awaited);
            return bytes;
        }
        if (errno == EAGAIN) {
            wait_for(POLLIN, awaited);
        } else if (errno != EINTR) {
            fail_at_loss(awaited);
        }
    }
}

void TestClient::expect(std::string_view bytes)
{
    const std::string awaited = shown(bytes) + " for " + name_;
    step(name_ + " waits for " + shown(bytes));
    std::string got;
    while (got.size() < bytes.size()) {
        const std::string more = receive_some(bytes.size() - got.size(), awaited);
        got += more;
        if (!bytes.starts_with(got)) {
            const auto wrong = std::ranges::mismatch(got, bytes).in1 - got.begin();
            mark_wrong(got.size() - static_cast<std::size_t>(wrong));
            fail(awaited, shown(got));
        }
        if (more.empty()) {
            fail_for_want_of(awaited, "the end of the connection" +
                                          (got.empty() ? "" : " after " + shown(got)));
        }
    }
}

// The wrong byte stands so many bytes before the end of what was received last.
void TestClient::mark_wrong(std::size_t from_end)
{
    auto& last = story().wire.back();
    last.wrong_at = last.bytes.size() - from_end;
}

void TestClient::expect_nothing_yet(const std::string& why)
{
    step("looked whether " + name_ + " has been sent anything");
    char byte = 0;
    const ssize_t count = ::recv(socket_.get(), &byte, 1, MSG_PEEK);
    if (count >= 0) {
        receive_some(4096, why);
        fail("nothing for " + name_ + ": " + why,
             count == 0 ? "the end of the connection" : shown(story().wire.back().bytes));
    }
    if (errno != EAGAIN) {
        fail_at_loss("nothing for " + name_ + ": " + why);
    }
}

void TestClient::expect_end()
{
    const std::string awaited = "the end of " + name_ + "'s connection";
    step(name_ + " waits for the server to close");
    const std::string more = receive_some(4096, awaited);
    if (!more.empty()) {
        mark_wrong(more.size());
        fail(awaited, shown(more) + " first");
    }
}

void TestClient::expect_closed()
{
    const std::string awaited = "the server to let go of " + name_;
    step(name_ + " waits for the server to let go of it");
    std::string bytes(4096, '\0');
    for (;;) {
        const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (count == 0 || (count == -1 && errno != EAGAIN && errno != EINTR)) {
            return;
        }
        if (count > 0) {
            note_received({bytes.data(), static_cast<std::size_t>(count)}, awaited);
        } else if (errno == EAGAIN) {
            wait_for(POLLIN, awaited);
        }
    }
}

std::string TestClient::receive_to_end()
{
    step(name_ + " receives all there is, to the end of the connection");
    std::string all;
    for (;;) {
        const std::string more = receive_some(65'536, "the end of " + name_ + "'s connection");
        if (more.empty()) {
            return all;
        }
        all += more;
    }
}

// The connection broke: because the server died, or because it sent a reset.
void TestClient::fail_at_loss(const std::string& awaited)
{
    fail_for_want_of(awaited, std::generic_category().message(errno));
}

void TestClient::fail_for_want_of(const std::string& awaited, const std::string& got)
{
    // A dying server's sockets close a moment before its death can be seen.
    if (server_->ended_soon()) {
        server_->fail_because_dead(awaited);
    }
    fail(awaited, got);
}

} // namespace harness
