// A right answer to lab 02 built another way: the child forks once more and ends at once, so who
// serves is nobody's child here and somebody else's duty to reap. The grandchild tells its number
// over a socket pair and waits until the parent has opened a descriptor for it.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
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

// One descriptor for each process that serves: readable when it has ended.
std::vector<UniqueFd> serving;

void forget_the_dead()
{
    std::erase_if(serving, [](const UniqueFd& life) {
        pollfd watched{life.get(), POLLIN, 0};
        return ::poll(&watched, 1, 0) > 0;
    });
}

void wait_for_a_death(int timeout_ms)
{
    std::vector<pollfd> watched;
    watched.reserve(serving.size());
    for (const UniqueFd& life : serving) {
        watched.push_back({life.get(), POLLIN, 0});
    }
    ::poll(watched.data(), watched.size(), timeout_ms);
    forget_the_dead();
}

[[noreturn]] void serve_as_grandchild(UniqueFd to_parent, UniqueFd peer, const Options& options)
{
    const pid_t self = ::getpid();
    char nothing = 0;
    const bool told = ::write(to_parent.get(), &self, sizeof(self)) == sizeof(self);
    if (told && ::read(to_parent.get(), &nothing, 1) == 1) {
        to_parent.reset();
        serve_client(std::move(peer), options);
    }
    ::_exit(0);
}

[[noreturn]] void fork_again(UniqueFd to_parent, UniqueFd peer, const Options& options)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        serve_as_grandchild(std::move(to_parent), std::move(peer), options);
    }
    ::_exit(pid == -1 ? 1 : 0);
}

// The pid that comes over it, or 0 when there is none.
pid_t receive_pid(int socket)
{
    pid_t pid = 0;
    ssize_t count = -1;
    do {
        count = ::recv(socket, &pid, sizeof(pid), MSG_WAITALL);
    } while (count == -1 && errno == EINTR);
    return count == sizeof(pid) ? pid : 0;
}

// Whatever fails here drops this client only.
void start_grandchild(int listener, UniqueFd ours, UniqueFd theirs, UniqueFd peer,
                      const Options& options)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(listener);
        ours.reset();
        serving.clear();
        fork_again(std::move(theirs), std::move(peer), options);
    }
    if (pid == -1) {
        log_warning("fork: " + std::generic_category().message(errno));
        return;
    }
    theirs.reset();
    peer.reset(); // now there is room for one more descriptor
    while (::waitpid(pid, nullptr, 0) == -1 && errno == EINTR) {
    }
    if (const pid_t grandchild = receive_pid(ours.get()); grandchild > 0) {
        UniqueFd life(static_cast<int>(::syscall(SYS_pidfd_open, grandchild, 0)));
        if (life && ::send(ours.get(), "", 1, MSG_NOSIGNAL) == 1) {
            serving.push_back(std::move(life));
        }
    }
}

void end_all()
{
    const auto signal_all = [](int number) {
        std::ranges::for_each(serving, [number](const UniqueFd& life) {
            ::syscall(SYS_pidfd_send_signal, life.get(), number, nullptr, 0);
        });
    };
    signal_all(SIGTERM);
    const auto patience = std::chrono::steady_clock::now() + stop_time;
    while (!serving.empty()) {
        wait_for_a_death(look_again_ms);
        if (std::chrono::steady_clock::now() > patience) {
            signal_all(SIGKILL);
        }
    }
}

void serve_forever(int listener, std::size_t most, const Options& options)
{
    while (!stopping()) {
        forget_the_dead();
        if (serving.size() >= most) {
            wait_for_a_death(-1); // a signal ends it too
            continue;
        }
        std::array<int, 2> ends{-1, -1};
        const bool paired = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0;
        UniqueFd ours(ends[0]);
        UniqueFd theirs(ends[1]);
        // Here accept sleeps, and those that end meanwhile wait to be forgotten: no harm in that.
        UniqueFd peer(paired ? ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) : -1);
        if (peer) {
            start_grandchild(listener, std::move(ours), std::move(theirs), std::move(peer),
                             options);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_warning("no room for a client: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
    }
    end_all();
}

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
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
        Flags("A process for each client, forked twice.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), static_cast<std::size_t>(max_children), options);
    });
}
