// Tries: a neighbour's port, the world, an abstract socket
// Tiers: AB
// Quick: yes
#include "tests/grading/hostile/prelude.h"

#include <poll.h>

namespace {

void reach(const std::string& what, const sockaddr* address, socklen_t length)
{
    const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int result = ::connect(fd, address, length);
    pollfd connected{fd, POLLOUT, 0};
    if (result == -1 && errno == EINPROGRESS && ::poll(&connected, 1, 2'000) == 1) {
        socklen_t size = sizeof(errno);
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size);
        result = errno == 0 ? 0 : -1;
    }
    tried("connect to " + what, result);
    ::close(fd);
}

} // namespace

void attack(int /*argc*/, char** /*argv*/)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(neighbour)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reach("the neighbour", reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(0xC0000201); // 192.0.2.1, which nobody has
    reach("the world", reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path + 1, "hostile-neighbour");
    const auto length = offsetof(sockaddr_un, sun_path) + 1 + std::strlen(name.sun_path + 1);
    reach("an abstract socket", reinterpret_cast<const sockaddr*>(&name),
          static_cast<socklen_t>(length));
}
