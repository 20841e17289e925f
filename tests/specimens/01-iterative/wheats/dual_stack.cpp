// A right server with one socket for both versions of IP: an IPv6 listener that takes IPv4 as well.
// An address such as 127.0.0.1 is bound, and seen by the kernel, as ::ffff:127.0.0.1.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds goodbye{1};

// Of an IPv4 address the one that an IPv6 socket knows it by; of none, both.
sockaddr_in6 as_v6(const std::string& host, const Address& address)
{
    sockaddr_in6 made{};
    if (address.family() == AF_INET6) {
        return *reinterpret_cast<const sockaddr_in6*>(address.get());
    }
    made.sin6_family = AF_INET6;
    made.sin6_port = htons(address.port());
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.get());
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    const std::string name = host.empty() ? "::" : std::string("::ffff:") + text.data();
    ::inet_pton(AF_INET6, name.c_str(), &made.sin6_addr);
    return made;
}

UniqueFd listen_on(const Options& options, const Address& wanted)
{
    UniqueFd listener(check(::socket(AF_INET6, SOCK_STREAM, 0), "socket"));
    const int on = 1;
    const int off = 0;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "reuse");
    check(::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), "both");
    const sockaddr_in6 address = as_v6(options.host, wanted);
    check(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
          "bind " + to_string(wanted));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

// In the words of whoever asked: an IPv4 address as such.
void announce_as(Address wanted, int listener)
{
    reinterpret_cast<sockaddr_in*>(wanted.get())->sin_port = htons(local_address(listener).port());
    std::printf("listening on %s\n", to_string(wanted).c_str());
    std::fflush(stdout);
}

void limit_waiting(int peer, Seconds time)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const timeval limit{us / 1'000'000, us % 1'000'000};
    check(::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
    check(::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
}

std::string receive(int peer)
{
    std::string bytes(1000, '\0');
    ssize_t count = -1;
    do {
        count = ::recv(peer, bytes.data(), bytes.size(), 0);
    } while (count == -1 && errno == EINTR && !stopping());
    bytes.resize(stopping() ? 0 : static_cast<std::size_t>(check(count, "recv")));
    return bytes;
}

void send_all(int peer, std::string_view bytes)
{
    while (!bytes.empty() && !stopping()) {
        const ssize_t count = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("send");
        }
    }
}

void serve(int peer, const Options& options)
{
    limit_waiting(peer, options.idle_timeout);
    const auto conversation = start_conversation(options.service);
    for (std::string bytes; !conversation->finished() && !(bytes = receive(peer)).empty();) {
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply);
        }
    }
    ::shutdown(peer, SHUT_WR);
    limit_waiting(peer, goodbye);
    const auto end = std::chrono::steady_clock::now() + goodbye;
    while (std::chrono::steady_clock::now() < end && !receive(peer).empty()) {
    }
}

void serve_next(int listener, const Options& options)
{
    const UniqueFd peer(::accept(listener, nullptr, nullptr));
    try {
        serve(check(peer.get(), "accept"), options);
    } catch (const std::system_error& error) {
        log_info(error.what());
        if (!peer && error.code() != std::errc::interrupted) {
            pause_for(retry_pause);
        }
    }
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        options.idle_timeout = Seconds(10);
        Flags("An iterative server for IPv4 and IPv6.", options).parse(argc, argv);
        stop_on_signals();
        const Address wanted = resolve(options.host, options.port_or_default());
        const UniqueFd listener = listen_on(options, wanted);
        announce_as(wanted, listener.get());
        while (!stopping()) {
            serve_next(listener.get(), options);
        }
    });
}
