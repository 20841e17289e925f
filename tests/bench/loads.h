// The loads. Each runs in this thread, checks every reply, and says what a unit of work cost the
// server; a wrong or missing reply is an exception. A tenth as much goes ahead, to warm up.
#pragma once

#include "tests/bench/target.h"

#include <string>
#include <vector>

namespace bench {

enum class Connections { kept_alive, one_a_request };

struct HttpLoad {
    std::string path;
    int clients;
    int requests;
    Connections connections;
};

// A unit is a request; the body is `body_length` long, in every reply.
Cost http_load(const Target& server, const HttpLoad& load, std::size_t body_length);

// Connections that each have asked for `path` once and then rest.
class IdleClients {
public:
    IdleClients(const Target& server, const std::string& path, int count);
    // Throws if the server has closed one of them, or sent it anything.
    void check_all_open() const;

private:
    std::vector<lab::UniqueFd> sockets_;
};

// One reply as it came, header and body: to look at.
std::string http_reply(const Target& server, const std::string& path);

// A unit is a conversation of three questions, on a connection of its own.
Cost zen_load(const Target& server, int clients, int conversations);

// A unit is a delivery: of each message there is one to each member but its author. Every member
// sends `burst` messages at once, and again when all of the others' have come, `rounds` times.
struct ChatLoad {
    int members;
    int burst;
    int rounds;
};
Cost chat_load(const Target& server, const ChatLoad& load);

// A unit is a 32-byte datagram that came back; `window` of them are always on their way.
Cost udp_load(const Target& server, int window, int datagrams);

} // namespace bench
