// A right answer to lab 02 built another way: each child has a descriptor (pidfd_open), which is
// polled beside the listener and readable when the child has ended. SIGCHLD plays no part.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds stop_time{1};
constexpr int look_again_ms = 10;

struct Child {
    pid_t pid;
    UniqueFd life; // readable when it has ended
};

class Server {
public:
    Server(int listener, std::size_t max_children, const Options& options)
        : listener_(listener), max_children_(max_children), options_(options)
    {
    }

    void serve_forever()
    {
        while (!stopping()) {
            if (wait_for_news(children_.size() < max_children_, -1)) {
                admit();
            }
        }
        end_children();
    }

private:
    // Reaps whoever has ended. True when a client waits, and is wanted.
    bool wait_for_news(bool with_clients, int timeout_ms)
    {
        std::vector<pollfd> watched{{with_clients ? listener_ : -1, POLLIN, 0}};
        for (const Child& child : children_) {
            watched.push_back({child.life.get(), POLLIN, 0});
        }
        if (::poll(watched.data(), watched.size(), timeout_ms) <= 0) {
            return false;
        }
        for (std::size_t i = children_.size(); i > 0; --i) { // from the end: erasing moves the rest
            if (watched[i].revents != 0) {
                ::waitpid(children_[i - 1].pid, nullptr, 0);
                children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(i - 1));
            }
        }
        return watched[0].revents != 0;
    }

    void admit()
    {
        UniqueFd peer(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
        if (peer) {
            start_child(std::move(peer));
        } else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN) {
            log_warning("accept: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
    }

    void start_child(UniqueFd peer)
    {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(listener_);
            children_.clear();
            serve_client(std::move(peer), options_);
            ::_exit(0);
        }
        if (pid == -1) {
            log_warning("fork: " + std::generic_category().message(errno));
            return;
        }
        peer.reset(); // now there is room for one more descriptor
        UniqueFd life(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (life) {
            children_.push_back({pid, std::move(life)});
        } else { // out of descriptors: a child that nobody can watch must not live
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

    void end_children()
    {
        signal_all(SIGTERM);
        const auto patience = std::chrono::steady_clock::now() + stop_time;
        while (!children_.empty()) {
            wait_for_news(false, look_again_ms);
            if (std::chrono::steady_clock::now() > patience) {
                signal_all(SIGKILL);
            }
        }
    }

    void signal_all(int number)
    {
        for (const Child& child : children_) {
            ::syscall(SYS_pidfd_send_signal, child.life.get(), number, nullptr, 0);
        }
    }

    int listener_;
    std::size_t max_children_;
    const Options& options_;
    std::vector<Child> children_;
};

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
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
        Flags("A process for each client, and a descriptor for each process.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        Server(listener.get(), static_cast<std::size_t>(max_children), options).serve_forever();
    });
}
