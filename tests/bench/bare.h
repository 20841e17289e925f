// What the bare programs have in common: how they begin, and what they answer. No checks, no error
// text; they are measured after that.
#pragma once

#include <cstdio>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace bench {

// A socket of that type on a port of the kernel's choice, which is told on stdout as servers do.
inline int open_on_any_port(int type)
{
    const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    (void)::bind(socket, reinterpret_cast<sockaddr*>(&address), length);
    (void)::listen(socket, 4096); // fails for datagrams, and does no harm
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return socket;
}

inline std::string_view zen_answer(char first_letter)
{
    return first_letter == 'B' ? "Ugly." : first_letter == 'E' ? "Implicit." : "Complex.";
}

} // namespace bench
