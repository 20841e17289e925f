// The yardstick of lab 06 in bench-core: recvfrom, sendto, again.

#include <array>
#include <cstdio>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int main()
{
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    (void)::bind(socket, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    static std::array<char, 65'536> datagram;
    for (;;) {
        sockaddr_storage peer{};
        length = sizeof(peer);
        auto* const from = reinterpret_cast<sockaddr*>(&peer);
        const auto size = ::recvfrom(socket, datagram.data(), datagram.size(), 0, from, &length);
        if (size >= 0) {
            ::sendto(socket, datagram.data(), static_cast<std::size_t>(size), 0, from, length);
        }
    }
}
