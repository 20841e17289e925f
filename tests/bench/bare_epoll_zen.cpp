// The yardstick of lab 03 in bench-core: the same conversation in one thread around epoll, with the
// system calls that it needs and nothing else. No flags, no checks, no error text.

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

std::string_view answer(char first_letter)
{
    return first_letter == 'B' ? "Ugly." : first_letter == 'E' ? "Implicit." : "Complex.";
}

int listen_on_any_port()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    (void)::bind(listener, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener, 4096);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

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
        const auto reply = answer(buffer[0]);
        ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    } else {
        ::close(peer);
    }
}

} // namespace

int main()
{
    const int listener = listen_on_any_port();
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
