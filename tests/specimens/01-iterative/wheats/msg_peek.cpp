// A right server that looks before it takes: MSG_PEEK shows what has come, FIONREAD says how much
// it is, and MSG_WAITALL takes exactly that.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds goodbye{1};

void limit_waiting(int peer, Seconds time)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const timeval limit{us / 1'000'000, us % 1'000'000};
    check(::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
    check(::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
}

// Waits, takes nothing. False at the client's end.
bool something_to_read(int peer)
{
    char first = 0;
    ssize_t count = -1;
    while ((count = ::recv(peer, &first, 1, MSG_PEEK)) == -1 && errno == EINTR && !stopping()) {
    }
    return !stopping() && check(count, "peek") > 0;
}

std::string take_all_there_is(int peer)
{
    int available = 0;
    check(::ioctl(peer, FIONREAD, &available), "FIONREAD");
    std::string bytes(static_cast<std::size_t>(available), '\0');
    const ssize_t count =
        check(::recv(peer, bytes.data(), bytes.size(), MSG_WAITALL), "receive what was seen");
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

void send_all(int peer, std::string_view bytes)
{
    while (!bytes.empty() && !stopping()) {
        const ssize_t count = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count == -1 && errno == EINTR) {
            continue;
        }
        bytes.remove_prefix(static_cast<std::size_t>(check(count, "send")));
    }
}

void serve(int peer, const Options& options)
{
    limit_waiting(peer, options.idle_timeout);
    const auto conversation = start_conversation(options.service);
    while (!conversation->finished() && something_to_read(peer)) {
        conversation->feed(take_all_there_is(peer));
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply);
        }
    }
    ::shutdown(peer, SHUT_WR);
    const auto end = std::chrono::steady_clock::now() + goodbye;
    limit_waiting(peer, goodbye);
    while (std::chrono::steady_clock::now() < end && something_to_read(peer)) {
        take_all_there_is(peer);
    }
}

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM, 0), "socket"));
    const int on = 1;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "reuse");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        options.idle_timeout = Seconds(10);
        Flags("An iterative server that peeks.", options).parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        while (!stopping()) {
            UniqueFd peer(::accept(listener.get(), nullptr, nullptr));
            if (!peer) {
                log_debug("accept: " + std::generic_category().message(errno));
                pause_for(retry_pause);
                continue;
            }
            try {
                serve(peer.get(), options);
            } catch (const std::system_error& error) {
                log_info(std::string("client dropped: ") + error.what());
            }
        }
    });
}
