// A right server by stdio: the connection is a pair of FILE streams. Replies gather in the one that
// goes out, which is flushed when the one that comes in has run dry: just before waiting.

#include "common/address.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds goodbye{1};

struct Connection {
    int socket;
    std::FILE* out;
};

// EINTR is met here: stdio itself would throw away what it has not yet written.
ssize_t read_from(void* cookie, char* buffer, std::size_t size)
{
    const auto& connection = *static_cast<Connection*>(cookie);
    std::fflush(connection.out);
    for (;;) {
        const ssize_t count = ::recv(connection.socket, buffer, size, 0);
        if (count >= 0 || errno != EINTR) {
            return count;
        }
        if (stopping()) {
            return 0;
        }
    }
}

ssize_t write_to(void* cookie, const char* buffer, std::size_t size)
{
    const auto& connection = *static_cast<Connection*>(cookie);
    std::size_t done = 0;
    while (done < size && !stopping()) {
        const ssize_t count = ::send(connection.socket, buffer + done, size - done, MSG_NOSIGNAL);
        if (count == -1 && errno != EINTR) {
            return 0; // stdio's word for an error
        }
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return static_cast<ssize_t>(done);
}

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using Stream = std::unique_ptr<std::FILE, Close>;

// Neither way may a client keep us waiting for longer.
void limit_waiting(int peer, Seconds time)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    const timeval limit{us / 1'000'000, us % 1'000'000};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
        check(::setsockopt(peer, SOL_SOCKET, option, &limit, sizeof(limit)), "time limit");
    }
}

void converse(std::FILE* in, std::FILE* out, const Options& options)
{
    const auto conversation = start_conversation(options.service);
    for (int c = 0; !conversation->finished() && !std::ferror(out) && (c = std::getc(in)) != EOF;) {
        const char byte = static_cast<char>(c);
        conversation->feed({&byte, 1});
        while (const auto reply = conversation->next()) {
            pause_for(options.think_time);
            std::fwrite(reply->data(), 1, reply->size(), out);
        }
    }
    std::fflush(out);
}

// What the client still sends is taken, so that close sends no reset after our last words.
void drain(int peer)
{
    ::shutdown(peer, SHUT_WR);
    std::string ignored(4096, '\0');
    pollfd more{peer, POLLIN, 0};
    const auto end = std::chrono::steady_clock::now() + goodbye;
    const auto left = [&] { // in milliseconds
        return static_cast<int>(
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())
                .count());
    };
    while (!stopping() && left() > 0 && ::poll(&more, 1, left()) == 1 &&
           ::recv(peer, ignored.data(), ignored.size(), 0) > 0) {
    }
}

void serve(int peer, const Options& options)
{
    limit_waiting(peer, options.idle_timeout);
    Connection connection{peer, nullptr};
    const Stream out(::fopencookie(&connection, "w", {nullptr, write_to, nullptr, nullptr}));
    connection.out = out.get();
    const Stream in(::fopencookie(&connection, "r", {read_from, nullptr, nullptr, nullptr}));
    if (in && out) {
        converse(in.get(), out.get(), options);
        drain(peer);
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
        Flags("An iterative server of stdio.", options).parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        while (!stopping()) {
            const UniqueFd peer(::accept(listener.get(), nullptr, nullptr));
            if (peer) {
                serve(peer.get(), options);
            } else if (errno != EINTR) {
                log_warning("accept: " + std::generic_category().message(errno));
                pause_for(retry_pause);
            }
        }
    });
}
