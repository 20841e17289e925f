#include "tests/harness/udp_client.h"

#include "common/errors.h"
#include "tests/harness/patience.h"
#include "tests/harness/udp_sockets.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

namespace harness {

namespace {

constexpr int receive_room = 4 << 20; // bytes; the kernel gives less to the unprivileged
constexpr std::size_t datagram_room = 65'536;
constexpr std::size_t always_fit = 64; // datagrams; the kernel's own buffers take four times that
constexpr std::size_t most_between_steps = 100'000; // datagrams; some tests take all that comes

std::string shown(std::string_view payload)
{
    constexpr std::size_t most = 60;
    if (payload.size() <= most) {
        return '"' + printable(payload) + '"';
    }
    return '"' + printable(payload.substr(0, most)) + "\" … (" + std::to_string(payload.size()) +
           " bytes)";
}

// Each datagram stands for itself.
void record(const std::string& connection, bool sent, std::string_view payload)
{
    story().wire.push_back({connection, sent, std::string(payload), std::nullopt});
}

lab::UniqueFd socket_for(int family)
{
    lab::UniqueFd socket(
        lab::check(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    const int level = SOL_SOCKET;
    ::setsockopt(socket.get(), level, SO_RCVBUF, &receive_room, sizeof(receive_room));
    ::setsockopt(socket.get(), level, SO_RCVBUFFORCE, &receive_room, sizeof(receive_room));
    return socket;
}

// A client cannot send to "every interface": it takes the loopback one.
lab::Address reachable(const lab::Address& address)
{
    const auto text = to_string(address);
    if (text.starts_with("0.0.0.0:")) {
        return lab::resolve("127.0.0.1", address.port());
    }
    return text.starts_with("[::]:") ? lab::resolve("::1", address.port()) : address;
}

struct Sent {
    std::size_t datagrams = 0;
    std::size_t memory = 0; // bytes that they take in a receive buffer, at most
};

// By the clients of the test that runs.
Sent& sent_so_far()
{
    static int test = 0;
    static Sent sent;
    if (test != stories_begun()) {
        test = stories_begun();
        sent = {};
    }
    return sent;
}

// The kernel rounds up to a power of two, and keeps books.
std::size_t memory_of(std::string_view payload)
{
    constexpr std::size_t books = 1'280;
    return books + 2 * payload.size();
}

// What every socket has to begin with. Asked of one: net.core.rmem_default may be another in
// another network namespace, and is not to be seen in each.
std::size_t usual_receive_room()
{
    const lab::UniqueFd socket(
        lab::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    int room = 0;
    socklen_t length = sizeof(room);
    lab::check(::getsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, &length), "SO_RCVBUF");
    return static_cast<std::size_t>(room);
}

} // namespace

UdpClient::UdpClient(ServerProcess& server, std::string name, lab::UniqueFd socket)
    : server_(&server), name_(std::move(name)), socket_(std::move(socket))
{
    // Connected: it hears nobody else, and learns of the server's end.
    const lab::Address to = reachable(server.address());
    lab::check(::connect(socket_.get(), to.get(), to.length), "connect");
    address_ = lab::local_address(socket_.get());
    step(name_ + " came, from " + to_string(address_));
}

UdpClient::UdpClient(ServerProcess& server, std::string name, const std::string& host)
    : UdpClient(server, std::move(name), [&] {
          const lab::Address from = lab::resolve(host, 0);
          lab::UniqueFd socket = socket_for(from.family());
          lab::check(::bind(socket.get(), from.get(), from.length), "bind " + to_string(from));
          return socket;
      }())
{
}

std::optional<UdpClient> UdpClient::at(ServerProcess& server, std::string name,
                                       const lab::Address& address)
{
    lab::UniqueFd socket = socket_for(address.family());
    if (::bind(socket.get(), address.get(), address.length) == -1) {
        return std::nullopt;
    }
    return UdpClient(server, std::move(name), std::move(socket));
}

void UdpClient::send(std::string_view payload)
{
    ++sent_so_far().datagrams;
    sent_so_far().memory += memory_of(payload);
    step(name_ + " sent " + shown(payload));
    record(name_, true, payload);
    while (::send(socket_.get(), payload.data(), payload.size(), 0) == -1) {
        if (errno == EAGAIN) {
            pollfd room{socket_.get(), POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno == ECONNREFUSED) {
            fail_wrong("the server to hear " + name_, "refused: nobody has that port");
        } else if (errno != EINTR) {
            lab::fail("send");
        }
    }
}

void UdpClient::wait_for_datagram(const std::string& awaited)
{
    Wait wait(*server_);
    for (;;) {
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait.left()).count();
        std::array<pollfd, 2> ready{{{socket_.get(), POLLIN, 0}, {server_->death(), POLLIN, 0}}};
        const int count = ::poll(ready.data(), ready.size(), static_cast<int>(ms));
        if (ready[0].revents != 0) {
            return;
        }
        if (count > 0) {
            server_->fail_because_dead(awaited);
        }
        if (count == 0 && wait.is_over()) {
            expect_no_drops();
            wait.fail(awaited, "nothing: the server stayed silent");
        }
    }
}

std::optional<std::string> UdpClient::take_datagram()
{
    std::string payload(datagram_room, '\0');
    const ssize_t count = ::recv(socket_.get(), payload.data(), payload.size(), 0);
    if (count == -1) {
        if (errno == ECONNREFUSED) {
            fail_wrong("the server to hear " + name_, "refused: nobody has that port");
        }
        return std::nullopt;
    }
    payload.resize(static_cast<std::size_t>(count));
    record(name_, false, payload);
    received_ = step_ == story().steps.size() ? received_ + 1 : 1;
    step_ = story().steps.size();
    if (received_ > most_between_steps) {
        fail("an end of what is sent to " + name_,
             std::to_string(received_) + " datagrams, and more to come");
    }
    return payload;
}

std::optional<std::string> UdpClient::receive_within(Seconds most)
{
    pollfd ready{socket_.get(), POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most).count();
    ::poll(&ready, 1, static_cast<int>(ms));
    return take_datagram();
}

std::string UdpClient::receive(const std::string& awaited)
{
    for (;;) {
        if (auto payload = take_datagram()) {
            return std::move(*payload);
        }
        wait_for_datagram(awaited);
    }
}

void UdpClient::expect(const std::function<bool(std::string_view)>& is_right,
                       const std::string& awaited)
{
    step(name_ + " waits for " + awaited);
    const std::string got = receive(awaited + " for " + name_);
    if (!is_right(got)) {
        story().wire.back().wrong_at = 0;
        fail_wrong(awaited + " for " + name_, shown(got));
    }
}

void UdpClient::expect(std::string_view payload)
{
    step(name_ + " waits for " + shown(payload));
    const std::string got = receive(shown(payload) + " for " + name_);
    if (got != payload) {
        const auto wrong = std::ranges::mismatch(got, payload).in1 - got.begin();
        story().wire.back().wrong_at = static_cast<std::size_t>(wrong);
        fail_wrong(shown(payload) + " for " + name_,
                   shown(got) + (got.size() == payload.size()
                                     ? ""
                                     : ", of " + std::to_string(got.size()) + " bytes instead of " +
                                           std::to_string(payload.size())));
    }
}

void UdpClient::expect_all(std::vector<std::string> payloads)
{
    step(name_ + " waits for " + std::to_string(payloads.size()) + " datagrams, in any order");
    while (!payloads.empty()) {
        const std::string awaited = shown(payloads.front()) + " for " + name_;
        const std::string got = receive(awaited);
        const auto found = std::ranges::find(payloads, got);
        if (found == payloads.end()) {
            story().wire.back().wrong_at = 0;
            fail_wrong(awaited, shown(got));
        }
        payloads.erase(found);
    }
}

void UdpClient::close()
{
    step(name_ + " is gone, without a word");
    socket_.reset();
}

// What a server has lost for whose buffer too much was sent says nothing about it, unless it has
// made that buffer smaller.
void UdpClient::expect_none_at_the_server()
{
    const auto server = server_->listener();
    const auto sockets = udp_sockets(server_->address().port());
    const auto theirs = std::ranges::find_if(
        sockets, [&](const UdpSocket& socket) { return server && socket.inode == server->inode; });
    if (theirs == sockets.end() || theirs->drops == 0) {
        return;
    }
    const std::size_t usual = usual_receive_room();
    if (theirs->receive_room != 0 && theirs->receive_room < usual) {
        blame(
            "SO_RCVBUF has made the server's receive buffer smaller, and what finds no room in it "
            "is lost: leave it as it is, or ask for more");
        fail("a receive buffer of " + std::to_string(usual) +
                 " bytes, as every socket has, or more",
             "one of " + std::to_string(theirs->receive_room) +
                 " bytes (SO_RCVBUF), and datagrams that found no room in it");
    }
    const auto& [datagrams, memory] = sent_so_far();
    if (datagrams > always_fit && memory > usual) {
        inconclusive("a datagram found no room in the server's receive buffer");
    }
}

// What a socket had no room for says nothing about the server, unless so little was sent that every
// buffer has room for it and for what is answered: then the room was taken by what nobody asked
// for.
void UdpClient::expect_no_drops()
{
    expect_none_at_the_server();
    if (sent_so_far().datagrams <= always_fit) {
        return;
    }
    for (const UdpSocket& socket : udp_sockets(address_.port())) {
        if (to_string(socket.local) == to_string(address_) && socket.drops > 0) {
            inconclusive("a datagram found no room in " + name_ + "'s receive buffer");
        }
    }
}

void UdpClient::fail_wrong(const std::string& awaited, const std::string& got)
{
    if (server_->ended_soon()) {
        server_->fail_because_dead(awaited);
    }
    expect_no_drops();
    fail(awaited, got);
}

bool keep_datagrams_in_order()
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &here);
    ::sched_setaffinity(0, sizeof(here), &here); // where it is forbidden, order is only very likely
    return true;
}

} // namespace harness
