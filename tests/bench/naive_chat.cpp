// The yardstick of lab 04 in bench-core: the same protocol around the same select(), but every
// message goes to every member the moment it is read, by a send of its own. It believes all that
// clients say, and waits for those who do not read.

#include "tests/bench/bare.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr int gone = -1;

struct Member {
    int socket;
    std::string name; // empty until login
    std::string received;
};

std::vector<Member> members;

std::string frame(const std::string& text)
{
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(text.size()));
    std::string bytes(sizeof(length), '\0');
    std::memcpy(bytes.data(), &length, sizeof(length));
    return bytes + text;
}

void tell(const Member& member, const std::string& bytes)
{
    ::send(member.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void tell_others(const Member& author, const std::string& text)
{
    const std::string bytes = frame(text);
    for (const Member& member : members) {
        if (member.socket != author.socket && !member.name.empty()) {
            tell(member, bytes);
        }
    }
}

void take(Member& author, const std::string& text)
{
    if (!author.name.empty()) {
        tell_others(author, "#[" + author.name + "]>> " + text);
        return;
    }
    author.name = text.substr(text.find(' ') + 1) + "@127.0.0.1";
    tell(author, frame("CLIENT: " + author.name));
    tell_others(author, "(Connected: New client (" + std::to_string(members.size()) + ") from " +
                            author.name + ")");
}

void take_frames(Member& author)
{
    std::string_view rest = author.received;
    while (rest.size() >= sizeof(std::uint32_t)) {
        std::uint32_t length = 0;
        std::memcpy(&length, rest.data(), sizeof(length));
        length = ntohl(length);
        if (rest.size() < sizeof(length) + length) {
            break;
        }
        take(author, std::string(rest.substr(sizeof(length), length)));
        rest.remove_prefix(sizeof(length) + length);
    }
    author.received.erase(0, author.received.size() - rest.size());
}

void hear(Member& member)
{
    std::array<char, 65'536> bytes;
    const auto got = ::recv(member.socket, bytes.data(), bytes.size(), 0);
    if (got <= 0) {
        ::close(std::exchange(member.socket, gone));
        return;
    }
    member.received.append(bytes.data(), static_cast<std::size_t>(got));
    take_frames(member);
}

void admit(int listener)
{
    // No TCP_NODELAY: with it each send would cost twice as much.
    members.push_back({::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), {}, {}});
}

} // namespace

int main()
{
    const int listener = bench::open_on_any_port(SOCK_STREAM);
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(listener, &readable);
        int highest = listener;
        for (const Member& member : members) {
            FD_SET(member.socket, &readable);
            highest = std::max(highest, member.socket);
        }
        ::select(highest + 1, &readable, nullptr, nullptr, nullptr);
        for (Member& member : members) {
            if (FD_ISSET(member.socket, &readable)) {
                hear(member);
            }
        }
        std::erase_if(members, [](const Member& member) { return member.socket == gone; });
        if (FD_ISSET(listener, &readable)) {
            admit(listener);
        }
    }
}
