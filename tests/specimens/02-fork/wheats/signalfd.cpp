// A right answer to lab 02 built another way: signals are read from a descriptor (signalfd), which
// is polled beside the listener. Nothing is ever interrupted.

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
#include <set>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds stop_time{1};
constexpr int look_again_ms = 10;

sigset_t signals_we_read()
{
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGCHLD);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    return set;
}

class Server {
public:
    Server(int listener, std::size_t max_children, const Options& options)
        : listener_(listener), max_children_(max_children), options_(options)
    {
        const sigset_t ours = signals_we_read();
        check(::sigprocmask(SIG_BLOCK, &ours, &mask_before_), "sigprocmask");
        signals_ = UniqueFd(check(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
    }

    void serve_forever()
    {
        while (!asked_to_stop_) {
            std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {listener_, POLLIN, 0}}};
            const nfds_t count = children_.size() < max_children_ ? 2 : 1;
            check(::poll(watched.data(), count, -1), "poll");
            if (watched[0].revents != 0) {
                read_signals();
            } else if (watched[1].revents != 0) {
                admit();
            }
        }
        end_children();
    }

private:
    void read_signals()
    {
        signalfd_siginfo info{};
        while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
            asked_to_stop_ = asked_to_stop_ || info.ssi_signo != SIGCHLD;
        }
        for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
            children_.erase(pid);
        }
    }

    void admit()
    {
        UniqueFd peer(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
        if (peer) {
            start_child(std::move(peer));
        } else if (errno != ECONNABORTED && errno != EAGAIN) {
            log_warning("accept: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
    }

    void start_child(UniqueFd peer)
    {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(listener_);
            signals_.reset();
            stop_on_signals(); // a child hears them the usual way
            ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
            serve_client(std::move(peer), options_);
            ::_exit(0);
        }
        if (pid == -1) {
            log_warning("fork: " + std::generic_category().message(errno));
        } else {
            children_.insert(pid);
        }
    }

    void end_children()
    {
        const sigset_t ours = signals_we_read();
        sigset_t fatal = ours; // from now on a second one ends us at once
        ::sigdelset(&fatal, SIGCHLD);
        ::sigprocmask(SIG_UNBLOCK, &fatal, nullptr);
        for (const pid_t pid : children_) {
            ::kill(pid, SIGTERM);
        }
        const auto patience = std::chrono::steady_clock::now() + stop_time;
        while (!children_.empty()) {
            pollfd watched{signals_.get(), POLLIN, 0};
            ::poll(&watched, 1, look_again_ms);
            read_signals();
            if (std::chrono::steady_clock::now() > patience) {
                for (const pid_t pid : children_) {
                    ::kill(pid, SIGKILL);
                }
            }
        }
    }

    int listener_;
    std::size_t max_children_;
    const Options& options_;
    sigset_t mask_before_{};
    UniqueFd signals_;
    std::set<pid_t> children_;
    bool asked_to_stop_ = false;
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
        Flags("A process for each client, signals from a descriptor.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        const UniqueFd listener = listen_on(options);
        Server server(listener.get(), static_cast<std::size_t>(max_children), options);
        announce(listener.get());
        server.serve_forever();
    });
}
