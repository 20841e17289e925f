// Lab 01: an iterative server. One client is served at a time; whoever comes meanwhile waits in the
// kernel's queue, connected but not yet accepted.
//
//     socket ── bind ── listen ──► accept ──► recv ⇄ send ──► close ──┐
//                                    ▲                                │
//                                    └──────── the next client ───────┘

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1}; // before asking again for a descriptor that was refused
constexpr Seconds linger_time{1};   // for a client to take our last words and close

// Gives up on a client that neither sends nor takes a byte for so long.
void limit_idle_time(int peer, Seconds time)
{
    // [3] set the peer's receive and send time-outs; none when the time is 0.
    const auto us = std::chrono::ceil<std::chrono::microseconds>(time).count();
    const timeval limit{us / 1'000'000, us % 1'000'000}; // 0 means: wait for ever
    check(::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
    check(::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
    // [/]
}

// Waits for the client's next bytes. None: it has said all that it will, or we are to stop.
std::string_view receive(int peer, std::span<char> buffer)
{
    // [4] receive what has come, however little: a stream keeps no message boundaries.
    for (;;) {
        const ssize_t count = ::recv(peer, buffer.data(), buffer.size(), 0);
        if (count >= 0) {
            return {buffer.data(), static_cast<std::size_t>(count)};
        }
        if (errno != EINTR) {
            fail("recv"); // reset by the peer, or idle for too long: ends this conversation only
        }
        if (stopping()) {
            return {};
        }
    }
    // [/]
}

// Sends all of it, however little the kernel takes at a time.
void send_all(int peer, std::string_view bytes)
{
    // [5] send until nothing is left. A client that is gone is an error (EPIPE), not a signal.
    while (!bytes.empty() && !stopping()) {
        const ssize_t count = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("send");
        }
    }
    // [/]
}

void converse(int peer, const Options& options)
{
    std::array<char, 4096> buffer;
    const auto conversation = start_conversation(options.service);
    while (!conversation->finished() && !stopping()) {
        const std::string_view bytes = receive(peer, buffer);
        if (bytes.empty()) {
            break;
        }
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply);
        }
    }
    if (!conversation->unanswered().empty()) {
        log_info("client left in mid-question: " + std::string(conversation->unanswered()));
    }
}

// Says that we are done, then reads on to the client's own end. To close with input unread would
// send a reset, and a reset can overtake our last reply.
void say_goodbye(int peer)
{
    // [6] send FIN, then receive until the client's, but not for longer than linger_time.
    std::array<char, 4096> ignored;
    ::shutdown(peer, SHUT_WR); // may fail when the client is gone: then so does recv
    limit_idle_time(peer, linger_time);
    const auto patience = std::chrono::steady_clock::now() + linger_time;
    while (std::chrono::steady_clock::now() < patience && !receive(peer, ignored).empty()) {
    }
    // [/]
}

// One client, from hello to goodbye. Whatever goes wrong with it ends here.
void serve(UniqueFd peer, const Options& options)
{
    try {
        log_info("connected: " + to_string(peer_address(peer.get())));
        limit_idle_time(peer.get(), options.idle_timeout);
        converse(peer.get(), options);
        say_goodbye(peer.get());
        log_info("closed");
    } catch (const std::system_error& error) {
        log_info(std::string("dropped: ") + error.what());
    }
}

void serve_forever(int listener, const Options& options)
{
    // [2] accept one client after the other, for ever. A failed accept must not end the server.
    while (!stopping()) {
        UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (peer) {
            serve(std::move(peer), options);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_warning("accept: " + std::generic_category().message(errno));
            pause_for(retry_pause); // out of descriptors: asking again at once would spin
        }
    }
    // [/]
}

// A socket to which clients can connect from now on.
UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    // [1] socket, SO_REUSEADDR, bind, listen: in this order, each checked.
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1; // else bind fails for a minute after a restart: old connections in TIME_WAIT
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
    // [/]
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        options.idle_timeout = Seconds(10);
        Flags("An iterative server: one client at a time.", options).parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), options);
    });
}
