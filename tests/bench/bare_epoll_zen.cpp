// The yardstick of lab 03 in bench-core: the same conversation in one thread around epoll, with the
// system calls that it needs and nothing else. No flags, no checks, no error text.

#include "tests/bench/bare.h"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void watch(int epoll, int socket)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

void admit(int epoll, int listener)
{
    for (;;) {
        const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer == -1) {
            return;
        }
        watch(epoll, peer);
    }
}

void serve(int peer)
{
    std::array<char, 4096> buffer;
    if (::recv(peer, buffer.data(), buffer.size(), 0) > 0) {
        const auto reply = bench::zen_answer(buffer[0]);
        ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    } else {
        ::close(peer);
    }
}

} // namespace

int main()
{
    const int listener = bench::open_on_any_port(SOCK_STREAM | SOCK_NONBLOCK);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), int{events.size()}, -1);
        for (int i = 0; i < count; ++i) {
            const int ready = events[static_cast<std::size_t>(i)].data.fd;
            ready == listener ? admit(epoll, listener) : serve(ready);
        }
    }
}
