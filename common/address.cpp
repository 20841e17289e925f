#include "common/address.h"

#include "common/errors.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace lab {

std::uint16_t Address::port() const
{
    // Both families keep the port in the same place (RFC 3493, section 3.3).
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

Address resolve(const std::string& host, std::uint16_t port)
{
    addrinfo wanted{};
    wanted.ai_family = host.empty() ? AF_INET : AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM; // one answer an address; the type itself is not used
    wanted.ai_flags = AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0);

    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                    std::to_string(port).c_str(), &wanted, &found);
    if (error != 0) {
        throw std::runtime_error("host '" + host + "': " + ::gai_strerror(error));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

    Address address;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.length = found->ai_addrlen;
    return address;
}

namespace {

// "127.0.0.1", by hand: the library's functions go by way of printf, and a freshly forked child
// pays for every page of code that it is the first to touch.
std::string dotted(const in_addr& ip)
{
    const std::uint32_t bits = ntohl(ip.s_addr);
    std::string text;
    for (const int shift : {24, 16, 8, 0}) {
        text += std::to_string(bits >> shift & 0xFF) + (shift > 0 ? "." : "");
    }
    return text;
}

std::string in_brackets(const in6_addr& ip)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &ip, text.data(), text.size());
    return "[" + std::string(text.data()) + "]";
}

} // namespace

std::string to_string(const Address& address)
{
    const std::string port = ":" + std::to_string(address.port());
    if (address.family() == AF_INET6) {
        return in_brackets(reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr) + port;
    }
    if (address.family() != AF_INET) {
        return "unknown address";
    }
    return dotted(reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr) + port;
}

Address local_address(int socket)
{
    Address address;
    check(::getsockname(socket, address.get(), &address.length), "getsockname");
    return address;
}

Address peer_address(int socket)
{
    Address address;
    check(::getpeername(socket, address.get(), &address.length), "getpeername");
    return address;
}

void announce(int listener)
{
    std::printf("listening on %s\n", to_string(local_address(listener)).c_str());
    // At once: stdout to a file or a pipe is buffered, and fork would copy what waits there.
    std::fflush(stdout);
}

} // namespace lab
