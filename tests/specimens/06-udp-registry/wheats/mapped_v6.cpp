// A right server with one socket for both versions of IP: it knows IPv4 clients by mapped
// addresses.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace lab;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t datagram_room = 65'536; // more than any datagram has
constexpr int receive_room = 1 << 20;         // for what comes while we send: the rest is lost
constexpr Seconds retry_pause{0.1}; // before asking again when the kernel is out of memory

struct Datagram {
    Address sender;
    std::string_view payload;
};

struct Client {
    Address address;
    Clock::time_point last_heard;
};

// The clients that hear each message, by address and port: "127.0.0.1:41234".
using Register = std::map<std::string, Client>;

enum class Kind { registration, goodbye, message, nothing };

// The next datagram and its sender. None: a signal came instead, or there was no memory.
std::optional<Datagram> receive(int socket, std::span<char> buffer)
{
    Address sender; // its length says how much room there is, and then how much is used
    const ssize_t count =
        ::recvfrom(socket, buffer.data(), buffer.size(), 0, sender.get(), &sender.length);
    if (count >= 0) {
        return Datagram{sender, {buffer.data(), static_cast<std::size_t>(count)}};
    }
    if (errno != EINTR) {
        log_warning("recvfrom: " + std::generic_category().message(errno));
        pause_for(retry_pause);
    }
    return std::nullopt;
}

// What a datagram means.
Kind kind_of(std::string_view payload)
{
    constexpr std::string_view space = " \t\r\n\v\f";
    const std::size_t first = payload.find_first_not_of(space);
    if (first == std::string_view::npos) {
        return Kind::nothing;
    }
    const std::string_view words =
        payload.substr(first, payload.find_last_not_of(space) + 1 - first);
    if (words == "#REG") {
        return Kind::registration;
    }
    if (words == "#DEREG" || words == "quit") {
        return Kind::goodbye;
    }
    return words.starts_with('#') ? Kind::nothing : Kind::message;
}

// UDP does not tell who has gone: we only notice that nobody speaks any more.
void forget_the_silent(Register& clients, Seconds limit)
{
    const auto now = Clock::now();
    const auto forgotten = std::erase_if(clients, [&](const auto& entry) {
        return limit > Seconds::zero() && now - entry.second.last_heard > limit;
    });
    if (forgotten > 0) {
        log_info("de-registered " + std::to_string(forgotten) + " that were silent for too long");
    }
}

void enrol(Register& clients, const std::string& name, const Address& address)
{
    clients.insert_or_assign(name, Client{address, Clock::now()});
    log_info("registered " + name + ", one of " + std::to_string(clients.size()));
}

// Sends it on its way. Nobody tells whether it arrives.
void send_to(int socket, const Address& client, std::string_view payload)
{
    if (::sendto(socket, payload.data(), payload.size(), 0, client.get(), client.length) == -1) {
        log_warning("sendto " + to_string(client) + ": " + std::generic_category().message(errno));
    }
}

void relay(int socket, const Register& clients, const std::string& sender, std::string_view payload)
{
    if (!clients.contains(sender)) {
        log_info("ignored a message from a stranger, " + sender);
        return;
    }
    for (const auto& [name, client] : clients) {
        send_to(socket, client.address, payload);
    }
    log_info("a message from " + sender + " went to " + std::to_string(clients.size()));
}

void strike_off(Register& clients, const std::string& name)
{
    const bool was_there = clients.erase(name) == 1;
    log_info((was_there ? "de-registered " : "ignored the goodbye of a stranger, ") + name);
}

// "127.0.0.1:41234", not "[::ffff:127.0.0.1]:41234".
std::string name_of(const Address& address)
{
    constexpr std::string_view mapped = "[::ffff:";
    std::string name = to_string(address);
    if (name.starts_with(mapped)) {
        name.erase(name.find(']'), 1);
        name.erase(0, mapped.size());
    }
    return name;
}

void heed(int socket, Register& clients, const Datagram& datagram, Seconds expire)
{
    const std::string sender = name_of(datagram.sender);
    const Kind kind = kind_of(datagram.payload);
    forget_the_silent(clients, expire);
    if (const auto known = clients.find(sender); known != clients.end()) {
        known->second.last_heard = Clock::now(); // whatever it says, it lives
    }
    switch (kind) {
    case Kind::registration:
        return enrol(clients, sender, datagram.sender);
    case Kind::goodbye:
        return strike_off(clients, sender);
    case Kind::message:
        return relay(socket, clients, sender, datagram.payload);
    case Kind::nothing:
        return log_info("ignored a datagram from " + sender);
    }
}

void serve_forever(int socket, bool plain, Seconds expire)
{
    std::array<char, datagram_room> buffer;
    Register clients;
    while (!stopping()) {
        const auto datagram = receive(socket, buffer);
        if (!datagram) {
            continue;
        }
        if (plain) {
            send_to(socket, datagram->sender, datagram->payload);
        } else {
            heed(socket, clients, *datagram, expire);
        }
    }
}

// Of an IPv4 address the one that an IPv6 socket knows it by; of none, both.
sockaddr_in6 as_v6(const std::string& host, const Address& address)
{
    sockaddr_in6 v6{};
    if (address.family() == AF_INET6) {
        std::memcpy(&v6, address.get(), sizeof(v6));
        return v6;
    }
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port());
    if (!host.empty()) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.get());
        v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xFF;
        std::memcpy(&v6.sin6_addr.s6_addr[12], &v4->sin_addr, sizeof(v4->sin_addr));
    }
    return v6;
}

UniqueFd socket_on(const Options& options, const Address& wanted)
{
    UniqueFd socket(check(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    const int off = 0;
    check(::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), "both");
    check(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_room, sizeof(receive_room)),
          "SO_RCVBUF");
    const sockaddr_in6 address = as_v6(options.host, wanted);
    check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
          "bind " + to_string(wanted));
    return socket;
}

// By the address that was asked for, with the port that the socket has.
void announce_as(const Options& options, int socket)
{
    const Address place = resolve(options.host, local_address(socket).port());
    std::printf("listening on %s\n", to_string(place).c_str());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        bool plain = false;
        Seconds expire{0};
        Flags("A register of clients: what one says, all hear.", options, 65'456)
            .add("--plain", plain, "echo each datagram to its sender, and nothing else")
            .add("--expire", expire, "drop a client that is silent for so long; 0: never")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd socket =
            socket_on(options, resolve(options.host, options.port_or_default()));
        announce_as(options, socket.get());
        serve_forever(socket.get(), plain, expire);
    });
}
