// Lab to complete: do the TODOs in the order of their numbers, with README.md beside this file.
// Lab 02: a process for each client. The parent accepts, forks and reaps; a child serves one client
// and ends. Both inherit both descriptors, and each closes the one that is not its business.
//
//     accept ──► fork ──┬── parent: close peer ──► accept the next        ◄── SIGCHLD: reap
//                       └── child:  close listener ──► recv ⇄ send ──► _exit

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <vector>

#include <sys/socket.h>
#include <sys/wait.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1}; // before asking again for a descriptor that was refused
constexpr Seconds stop_time{1};     // for the children to end when asked to

// The children that are alive. A signal handler changes it, so everybody else looks at it with
// SIGCHLD blocked.
std::vector<pid_t> children;

// While it lives, SIGCHLD waits.
struct SigchldBlocked {
    sigset_t before{};

    SigchldBlocked()
    {
        sigset_t sigchld;
        ::sigemptyset(&sigchld);
        ::sigaddset(&sigchld, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &sigchld, &before);
    }
    ~SigchldBlocked() { ::sigprocmask(SIG_SETMASK, &before, nullptr); }
    SigchldBlocked(const SigchldBlocked&) = delete;
    SigchldBlocked& operator=(const SigchldBlocked&) = delete;

    // Lets signals in until one has been handled, and not a moment longer. Once we are to stop, an
    // alarm is one of them every 10 ms (common/stop.h): no sleep is for ever.
    void wait_for_a_signal() const { ::sigsuspend(&before); }
};

// The handler of SIGCHLD, which may run between any two statements.
void reap_children(int)
{
    // TODO(5): collect every finished child without blocking, leaving errno as it was.
    todo(5);
}

void call_on_sigchld(void (*handler)(int))
{
    // TODO(1): have the handler called when a child has ended, and accept interrupted.
    todo(1);
}

void wait_for_room(std::size_t most)
{
    // TODO(2): sleep until fewer than `most` children are alive. The next client waits in the backlog.
    todo(2);
}

// Takes the peer and lends the listener.
void start_child(int listener, UniqueFd peer, const Options& options)
{
    // TODO(4): fork: each side closes what the other one serves; a failed fork drops this client only.
    todo(4);
}

void end_children()
{
    // TODO(6): ask the children to end, wait until they have, and insist after a while.
    todo(6);
}

void serve_forever(int listener, int max_children, const Options& options)
{
    while (!stopping()) {
        wait_for_room(static_cast<std::size_t>(max_children));
        // TODO(3): accept the next client and start its child. A child's death interrupts: no failure.
        todo(3);
    }
    end_children();
}

// A socket to which clients can connect from now on.
UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1; // else bind fails for a minute after a restart: old connections in TIME_WAIT
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
        Flags("A process for each client.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        call_on_sigchld(reap_children);
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), max_children, options);
    });
}
