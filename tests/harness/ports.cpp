#include "tests/harness/ports.h"

#include "common/address.h"
#include "common/errors.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace harness {

using lab::UniqueFd;

namespace {

std::uint16_t first_ephemeral_port()
{
    unsigned first = 32'768;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
    return static_cast<std::uint16_t>(std::min(first, 65'535U));
}

bool is_free(std::uint16_t port)
{
    const lab::Address address = lab::resolve("127.0.0.1", port);
    const UniqueFd socket(lab::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const UniqueFd datagrams(lab::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    return ::bind(socket.get(), address.get(), address.length) == 0 &&
           ::bind(datagrams.get(), address.get(), address.length) == 0;
}

// Ours until this process ends, nothing if it is somebody else's. An abstract name leaves no file
// behind, and is known in one network namespace only, as the port is: unix(7).
UniqueFd locked(std::uint16_t port)
{
    UniqueFd socket(lab::check(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string name = "lab-port-" + std::to_string(port);
    name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == -1) {
        socket.reset();
    }
    return socket;
}

} // namespace

std::uint16_t reserve_port()
{
    constexpr std::uint16_t lowest = 10'000;
    static std::vector<UniqueFd> locks; // held until this process ends
    const unsigned count = first_ephemeral_port() - lowest;
    for (unsigned i = 0; i < count; ++i) {
        const auto port = static_cast<std::uint16_t>(
            lowest + (static_cast<unsigned>(::getpid()) * 37U + i) % count);
        UniqueFd lock = locked(port);
        if (lock && is_free(port)) {
            locks.push_back(std::move(lock));
            return port;
        }
    }
    throw std::runtime_error("no free port between " + std::to_string(lowest) +
                             " and the ephemeral range");
}

} // namespace harness
