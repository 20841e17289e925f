// Socket addresses: from text, to text, of a socket.
#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

namespace lab {

// An IPv4 or IPv6 address with its port, in the shape that bind() and connect() take.
struct Address {
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_storage);

    [[nodiscard]] int family() const { return storage.ss_family; }
    [[nodiscard]] std::uint16_t port() const;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] const sockaddr* get() const
    {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

// The first TCP or UDP address of a host name or number (getaddrinfo(3)). An empty host means all
// interfaces, 0.0.0.0. Throws std::runtime_error when the name does not resolve.
Address resolve(const std::string& host, std::uint16_t port);

// "127.0.0.1:1060", "[::1]:1060".
std::string to_string(const Address& address);

// The two ends of a socket (getsockname(2), getpeername(2)); throws std::system_error.
Address local_address(int socket);
Address peer_address(int socket);

// Says on stdout, once connections are accepted, where: "listening on 127.0.0.1:41234". People and
// tests that asked for port 0 learn here which one they got.
void announce(int listener);

} // namespace lab
