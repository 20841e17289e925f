// A right server that receives and sends many datagrams with one call: recvmmsg and sendmmsg.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/socket.h>
#include <sys/uio.h>

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

// One payload to many, with as few system calls as may be. One that fails ends a call: it is left
// out, and the next call goes on behind it.
void send_to_all(int socket, std::string_view payload, std::vector<Address>& receivers)
{
    iovec bytes{const_cast<char*>(payload.data()), payload.size()};
    std::vector<mmsghdr> messages(receivers.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        messages[i].msg_hdr.msg_name = receivers[i].get();
        messages[i].msg_hdr.msg_namelen = receivers[i].length;
        messages[i].msg_hdr.msg_iov = &bytes;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (std::size_t sent = 0; sent < messages.size();) {
        const auto left = static_cast<unsigned>(messages.size() - sent);
        const int count = ::sendmmsg(socket, &messages[sent], left, 0);
        if (count == -1) {
            log_warning("sendmmsg: " + std::generic_category().message(errno));
        }
        sent += static_cast<std::size_t>(std::max(count, 1));
    }
}

void relay(int socket, const Register& clients, const std::string& sender, std::string_view payload)
{
    if (!clients.contains(sender)) {
        log_info("ignored a message from a stranger, " + sender);
        return;
    }
    std::vector<Address> receivers;
    for (const auto& [name, client] : clients) {
        receivers.push_back(client.address);
    }
    send_to_all(socket, payload, receivers);
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

// Room for several datagrams that one call may bring.
struct Batch {
    static constexpr std::size_t size = 16;
    std::vector<std::array<char, datagram_room>> buffers{size};
    std::array<Address, size> senders{};
    std::array<iovec, size> rooms{};
    std::array<mmsghdr, size> headers{};

    // How many have come: at least one, or none when interrupted.
    std::size_t receive(int socket)
    {
        for (std::size_t i = 0; i < size; ++i) {
            senders[i] = Address{};
            rooms[i] = {buffers[i].data(), datagram_room};
            headers[i] = {};
            headers[i].msg_hdr.msg_name = senders[i].get();
            headers[i].msg_hdr.msg_namelen = senders[i].length;
            headers[i].msg_hdr.msg_iov = &rooms[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int count = ::recvmmsg(socket, headers.data(), size, MSG_WAITFORONE, nullptr);
        if (count == -1 && errno != EINTR) {
            log_warning("recvmmsg: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
        return static_cast<std::size_t>(std::max(count, 0));
    }
    Datagram operator[](std::size_t i)
    {
        senders[i].length = headers[i].msg_hdr.msg_namelen;
        return {senders[i], {buffers[i].data(), headers[i].msg_len}};
    }
};

void serve_forever(int socket, bool plain, Seconds expire)
{
    Batch batch;
    Register clients;
    while (!stopping()) {
        const std::size_t count = batch.receive(socket);
        for (std::size_t i = 0; i < count; ++i) {
            const Datagram datagram = batch[i];
            if (plain) {
                std::vector<Address> receivers{datagram.sender};
                send_to_all(socket, datagram.payload, receivers);
            } else {
                heed(socket, clients, datagram, expire);
            }
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
