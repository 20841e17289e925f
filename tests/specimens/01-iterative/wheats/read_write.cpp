// A right server that knows nothing of send and recv: a socket is a descriptor, and read(2) and
// write(2) will do. SIGPIPE is ignored once and for all, since write takes no flags.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds goodbye{1};

void limit_waiting(int peer, Seconds time)
{
    timeval limit{};
    limit.tv_sec = static_cast<time_t>(time.count());
    limit.tv_usec = static_cast<suseconds_t>((time - Seconds(limit.tv_sec)).count() * 1e6);
    check(::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "SO_RCVTIMEO");
    check(::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "SO_SNDTIMEO");
}

std::string read_some(int peer)
{
    std::array<char, 10'000> buffer;
    ssize_t count = -1;
    while ((count = ::read(peer, buffer.data(), buffer.size())) == -1 && errno == EINTR) {
        if (stopping()) {
            return "";
        }
    }
    return {buffer.data(), static_cast<std::size_t>(check(count, "read"))};
}

void write_all(int peer, const std::string& bytes)
{
    for (std::size_t done = 0; done < bytes.size() && !stopping();) {
        const ssize_t count = ::write(peer, bytes.data() + done, bytes.size() - done);
        if (count == -1 && errno == EINTR) {
            continue;
        }
        done += static_cast<std::size_t>(check(count, "write"));
    }
}

void converse(int peer, const Options& options)
{
    limit_waiting(peer, options.idle_timeout);
    const auto conversation = start_conversation(options.service);
    for (std::string bytes; !conversation->finished() && !(bytes = read_some(peer)).empty();) {
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            write_all(peer, *reply);
        }
    }
    ::shutdown(peer, SHUT_WR);
    limit_waiting(peer, goodbye);
    const auto end = std::chrono::steady_clock::now() + goodbye;
    while (std::chrono::steady_clock::now() < end && !read_some(peer).empty()) {
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

void serve_next(int listener, const Options& options)
{
    const UniqueFd peer(::accept(listener, nullptr, nullptr));
    if (!peer && errno != EINTR) {
        log_warning("accept: " + std::generic_category().message(errno));
        pause_for(retry_pause);
    }
    if (!peer) {
        return;
    }
    try {
        converse(peer.get(), options);
    } catch (const std::system_error& error) {
        log_info(std::string("client dropped: ") + error.what());
    }
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        options.idle_timeout = Seconds(10);
        Flags("An iterative server of read and write.", options).parse(argc, argv);
        stop_on_signals();
        std::signal(SIGPIPE, SIG_IGN);
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        while (!stopping()) {
            serve_next(listener.get(), options);
        }
    });
}
