// The yardstick of bench-zen: the system calls of labs 01 and 02, in their order, and nothing else.
// No flags, no checks, no conversation object, no error text: bare_zen iterative|fork.

#include "tests/bench/bare.h"

#include <array>
#include <csignal>
#include <cstring>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void limit_idle_time(int peer, long seconds)
{
    const timeval limit{seconds, 0};
    ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

void converse(int peer)
{
    std::array<char, 4096> buffer;
    while (::recv(peer, buffer.data(), buffer.size(), 0) > 0) {
        const auto reply = bench::zen_answer(buffer[0]);
        ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
}

// As lab 01 does: with a limit to its idle time, and to that of the goodbye.
void serve(int peer, long idle_timeout)
{
    limit_idle_time(peer, idle_timeout);
    converse(peer);
    ::shutdown(peer, SHUT_WR);
    limit_idle_time(peer, 1);
    std::array<char, 4096> buffer;
    (void)::recv(peer, buffer.data(), buffer.size(), 0);
    ::close(peer);
}

void reap(int)
{
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

void serve_in_a_child(int listener, int peer)
{
    sigset_t sigchld;
    sigset_t before;
    ::sigemptyset(&sigchld);
    ::sigaddset(&sigchld, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &sigchld, &before);
    if (::fork() == 0) {
        ::close(listener);
        converse(peer);
        ::close(peer);
        ::_exit(0);
    }
    ::close(peer);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// The two that lab 02's wait_for_room() makes.
void look_at_the_children()
{
    sigset_t sigchld;
    sigset_t before;
    ::sigemptyset(&sigchld);
    ::sigaddset(&sigchld, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &sigchld, &before);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

} // namespace

int main(int argc, char* argv[])
{
    const bool forks = argc > 1 && std::strcmp(argv[1], "fork") == 0;
    struct sigaction action {};
    action.sa_handler = reap;
    action.sa_flags = SA_NOCLDSTOP;
    ::sigaction(SIGCHLD, &action, nullptr);
    const int listener = bench::open_on_any_port(SOCK_STREAM);
    for (;;) {
        if (forks) {
            look_at_the_children();
        }
        const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer >= 0 && forks) {
            serve_in_a_child(listener, peer);
        } else if (peer >= 0) {
            serve(peer, 10);
        }
    }
}
