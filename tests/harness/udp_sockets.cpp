#include "tests/harness/udp_sockets.h"

#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace harness {

namespace {

constexpr std::size_t word = 8; // hexadecimal digits of 32 bits, as this machine orders their bytes

std::uint32_t number(const std::string& digits)
{
    return static_cast<std::uint32_t>(std::stoul(digits, nullptr, 16));
}

// "0100007F:FFB0"
lab::Address address(const std::string& text)
{
    const auto colon = text.find(':');
    const std::uint16_t port = htons(static_cast<std::uint16_t>(number(text.substr(colon + 1))));
    std::array<std::uint32_t, 4> ip{};
    for (std::size_t i = 0; i < colon / word; ++i) {
        ip.at(i) = number(text.substr(i * word, word));
    }
    lab::Address made;
    if (colon == word) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
        v4->sin_family = AF_INET;
        v4->sin_port = port;
        std::memcpy(&v4->sin_addr, ip.data(), sizeof(v4->sin_addr));
        made.length = sizeof(*v4);
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = port;
        std::memcpy(&v6->sin6_addr, ip.data(), sizeof(v6->sin6_addr));
        made.length = sizeof(*v6);
    }
    return made;
}

// One line of the table; nothing for its heading.
std::optional<UdpSocket> socket_from(const std::string& line)
{
    std::istringstream words(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    std::string queues; // "00000000:00000300": to send, received
    std::string skipped;
    UdpSocket found;
    words >> slot >> local >> remote >> state >> queues >> skipped >> skipped >> skipped >> skipped;
    words >> found.inode >> skipped >> skipped >> found.drops;
    if (!words) {
        return std::nullopt;
    }
    found.local = address(local);
    found.receive_queue = number(queues.substr(queues.find(':') + 1));
    return found;
}

// Read in several pieces, between which others come and go: on a busy machine a row can be missed.
std::vector<UdpSocket> udp_sockets_by_proc(std::uint16_t local_port)
{
    std::vector<UdpSocket> found;
    for (const char* table : {"/proc/net/udp", "/proc/net/udp6"}) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);) {
            const auto socket = socket_from(line);
            if (socket && socket->local.port() == local_port) {
                found.push_back(*socket);
            }
        }
    }
    return found;
}

} // namespace

std::vector<UdpSocket> udp_sockets(std::uint16_t local_port)
{
    const auto found = udp_sockets_by_diag(local_port);
    return found ? *found : udp_sockets_by_proc(local_port);
}

} // namespace harness
