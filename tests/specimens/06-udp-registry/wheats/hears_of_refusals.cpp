// A right server that asks to be told of datagrams that are refused (IP_RECVERR), and bears it.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

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
    if (errno == ECONNREFUSED || errno == EHOSTUNREACH) {
        log_info("a client has gone");
    } else if (errno != EINTR) {
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

// The datagrams that were refused come back here. Left alone they would take the room of others.
void forget_refusals(int socket)
{
    std::array<char, 1> ignored;
    while (::recv(socket, ignored.data(), ignored.size(), MSG_ERRQUEUE | MSG_DONTWAIT) != -1) {
    }
}

// The refusal of an earlier datagram, to somebody else, may show here; this one has not gone then.
void send_to(int socket, const Address& client, std::string_view payload)
{
    constexpr int tries = 5;
    for (int i = 0; i < tries; ++i) {
        forget_refusals(socket);
        if (::sendto(socket, payload.data(), payload.size(), 0, client.get(), client.length) !=
            -1) {
            return;
        }
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

void heed(int socket, Register& clients, const Datagram& datagram, Seconds expire)
{
    const std::string sender = to_string(datagram.sender);
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

// A socket to which clients can send from now on.
UniqueFd socket_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd socket(check(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    check(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_room, sizeof(receive_room)),
          "SO_RCVBUF");
    const int on = 1;
    check(::setsockopt(socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), "IP_RECVERR");
    // No SO_REUSEADDR: no connection stays in TIME_WAIT, and two servers could share the port.
    check(::bind(socket.get(), address.get(), address.length), "bind " + to_string(address));
    return socket;
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
        const UniqueFd socket = socket_on(options);
        announce(socket.get());
        serve_forever(socket.get(), plain, expire);
    });
}
