// A right answer to lab 02 built another way: SIGCHLD is ignored, so the kernel reaps. Each child
// holds the writing end of a pipe for as long as it lives, and the parent polls the other ends: an
// end of file is a death.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds stop_time{1};

struct Child {
    pid_t pid;
    UniqueFd life; // end of file when it has ended
};

class Server {
public:
    Server(UniqueFd listener, std::size_t max_children, const Options& options)
        : listener_(std::move(listener)), max_children_(max_children), options_(options)
    {
    }

    void serve_forever()
    {
        while (!stopping()) {
            wait_for_client_or_death();
        }
        end_children();
    }

private:
    void wait_for_client_or_death()
    {
        const bool room = children_.size() < max_children_;
        std::vector<pollfd> watched{{room ? listener_.get() : -1, POLLIN, 0}};
        for (const Child& child : children_) {
            watched.push_back({child.life.get(), POLLIN, 0});
        }
        if (::poll(watched.data(), watched.size(), -1) <= 0) {
            return; // EINTR: look at stopping()
        }
        for (std::size_t i = children_.size(); i > 0; --i) { // from the end: erasing moves the rest
            if (watched[i].revents != 0) {
                children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i - 1));
            }
        }
        if (watched[0].revents != 0) {
            admit();
        }
    }

    void admit()
    {
        std::array<int, 2> ends{-1, -1};
        const bool piped = ::pipe2(ends.data(), O_CLOEXEC) == 0;
        UniqueFd reading(ends[0]);
        const UniqueFd writing(ends[1]);
        UniqueFd peer(piped ? ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1);
        if (peer) {
            start_child(std::move(peer), std::move(reading));
        } else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
            log_warning("no room for a client: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
    }

    void start_child(UniqueFd peer, UniqueFd reading)
    {
        const pid_t pid = ::fork();
        if (pid == 0) {
            listener_.reset();
            children_.clear();
            reading.reset();
            serve_client(std::move(peer), options_);
            ::_exit(0);
        }
        if (pid == -1) {
            log_warning("fork: " + std::generic_category().message(errno));
        } else {
            children_.push_back({pid, std::move(reading)});
        }
    }

    void end_children()
    {
        signal_all(SIGTERM);
        const auto patience = std::chrono::steady_clock::now() + stop_time;
        // With SIGCHLD ignored wait() returns when the last child has gone; the alarm that rings
        // since we were asked to stop interrupts it.
        while (::wait(nullptr) != -1 || errno == EINTR) {
            if (std::chrono::steady_clock::now() > patience) {
                signal_all(SIGKILL);
            }
        }
    }

    void signal_all(int number)
    {
        for (const Child& child : children_) {
            pollfd life{child.life.get(), POLLIN, 0};
            if (::poll(&life, 1, 0) == 0) { // else its number may be another's by now
                ::kill(child.pid, number);
            }
        }
    }

    UniqueFd listener_;
    std::size_t max_children_;
    const Options& options_;
    std::vector<Child> children_;
};

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    // Non-blocking: between poll and accept the client may go.
    constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    UniqueFd listener(check(::socket(address.family(), type, 0), "socket"));
    const int on = 1;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        int max_children = 40;
        Flags("A process for each client, and a pipe to know of its end.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        std::signal(SIGCHLD, SIG_IGN);
        UniqueFd listener = listen_on(options);
        announce(listener.get());
        Server(std::move(listener), static_cast<std::size_t>(max_children), options)
            .serve_forever();
    });
}
