// A right server that never blocks but in poll: its sockets are non-blocking, every wait has its
// deadline there, and no socket option is asked for one.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds goodbye{1};

// False when it takes longer than that (0: there is no limit), or when we are to stop.
bool wait_for(int fd, short event, Seconds most)
{
    const int ms =
        most.count() > 0
            ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(most).count())
            : -1;
    pollfd awaited{fd, event, 0};
    while (!stopping()) {
        const int count = ::poll(&awaited, 1, ms);
        if (count != -1 || errno != EINTR) {
            return check(count, "poll") > 0;
        }
    }
    return false;
}

// Nothing at the client's end, or when it has been silent for too long.
std::string receive(int peer, Seconds patience)
{
    std::array<char, 65'536> buffer;
    for (;;) {
        const ssize_t count = ::recv(peer, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count >= 0) {
            return {buffer.data(), static_cast<std::size_t>(count)};
        }
        if (errno != EAGAIN && errno != EINTR) {
            fail("recv");
        }
        if (!wait_for(peer, POLLIN, patience)) {
            return "";
        }
    }
}

void send_all(int peer, std::string_view bytes, Seconds patience)
{
    while (!bytes.empty()) {
        const ssize_t count = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EAGAIN) {
            fail("send");
        } else if (!wait_for(peer, POLLOUT, patience)) {
            throw std::system_error(ETIMEDOUT, std::generic_category(), "send");
        }
    }
}

void serve(int peer, const Options& options)
{
    const auto conversation = start_conversation(options.service);
    while (!conversation->finished()) {
        const std::string bytes = receive(peer, options.idle_timeout);
        if (bytes.empty()) {
            break;
        }
        conversation->feed(bytes);
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            send_all(peer, *reply, options.idle_timeout);
        }
    }
    ::shutdown(peer, SHUT_WR);
    const auto end = std::chrono::steady_clock::now() + goodbye;
    while (std::chrono::steady_clock::now() < end && !receive(peer, goodbye).empty()) {
    }
}

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0), "socket"));
    const int on = 1;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "reuse");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

void serve_next(int listener, const Options& options)
{
    if (!wait_for(listener, POLLIN, Seconds::zero())) {
        return;
    }
    UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK));
    if (!peer) {
        log_warning("accept: " + std::generic_category().message(errno));
        pause_for(retry_pause);
        return;
    }
    try {
        serve(peer.get(), options);
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
        Flags("An iterative server that polls first.", options).parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        while (!stopping()) {
            serve_next(listener.get(), options);
        }
    });
}
