// The yardstick of lab 06 in bench-core: recvfrom, sendto, again.

#include "tests/bench/bare.h"

#include <array>

#include <sys/socket.h>

int main()
{
    const int socket = bench::open_on_any_port(SOCK_DGRAM);
    static std::array<char, 65'536> datagram;
    for (;;) {
        sockaddr_storage peer{};
        socklen_t length = sizeof(peer);
        auto* const from = reinterpret_cast<sockaddr*>(&peer);
        const auto size = ::recvfrom(socket, datagram.data(), datagram.size(), 0, from, &length);
        if (size >= 0) {
            ::sendto(socket, datagram.data(), static_cast<std::size_t>(size), 0, from, length);
        }
    }
}
