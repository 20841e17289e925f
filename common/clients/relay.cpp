// A bad network between UDP clients and their server: loses, doubles and reorders datagrams, by
// dice that fall the same way for the same seed.
//
//     client A ──► listener ── luck ──► upstream A ──► server
//     client B ──►     │    ── luck ──► upstream B ──►    │      a socket for each client, so that
//              ◄───────┘    ◄── luck ──            ◄──────┘      the server can tell them apart

#include "common/address.h"
#include "common/bad_network.h"
#include "common/command_line.h"
#include "common/errors.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>

using namespace lab;

namespace {

constexpr std::size_t datagram_room = 65'536;
constexpr std::size_t most_clients = 500; // each has a socket
constexpr int longest_hold = 200;         // ms; who is held back waits for no longer than that

struct Arguments {
    Address server;
    std::uint16_t listen = 0;
    std::uint64_t seed = 1;
    Mishaps mishaps;
};

struct Client {
    Address address;
    UniqueFd upstream;
    BadNetwork to_server;
    BadNetwork to_client;
};

// A list: the clients stay where they are while more come.
using Clients = std::list<Client>;

void tell(const Client& client, const char* way, std::size_t bytes, const std::string& said)
{
    if (!said.empty()) {
        std::printf("%s %s server: %zu bytes %s\n", to_string(client.address).c_str(), way, bytes,
                    said.c_str());
        std::fflush(stdout);
    }
}

// Whatever goes wrong on the way is one more mishap: a datagram lost.
void send_up(const Client& client, const std::string& datagram)
{
    ::send(client.upstream.get(), datagram.data(), datagram.size(), 0);
}

void send_down(int listener, const Client& client, const std::string& datagram)
{
    ::sendto(listener, datagram.data(), datagram.size(), 0, client.address.get(),
             client.address.length);
}

// One datagram, if there is one; `sender` may be null.
std::optional<std::string> receive(int socket, Address* sender)
{
    std::string datagram(datagram_room, '\0');
    const ssize_t count = ::recvfrom(socket, datagram.data(), datagram.size(), MSG_DONTWAIT,
                                     sender != nullptr ? sender->get() : nullptr,
                                     sender != nullptr ? &sender->length : nullptr);
    if (count == -1) {
        return std::nullopt; // refused by a server that is not there, say
    }
    datagram.resize(static_cast<std::size_t>(count));
    return datagram;
}

UniqueFd listen_on(std::uint16_t port)
{
    const Address address = resolve("127.0.0.1", port);
    UniqueFd socket(check(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    check(::bind(socket.get(), address.get(), address.length), "bind " + to_string(address));
    return socket;
}

UniqueFd socket_to(const Address& server)
{
    UniqueFd socket(check(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    check(::connect(socket.get(), server.get(), server.length), "connect " + to_string(server));
    return socket;
}

// The luck of the n-th client is the seed's and n's, whatever happens between the others.
Client* client_at(Clients& clients, const Address& address, const Arguments& arguments)
{
    for (Client& client : clients) {
        if (to_string(client.address) == to_string(address)) {
            return &client;
        }
    }
    if (clients.size() == most_clients) {
        return nullptr;
    }
    const std::uint64_t number = 2 * clients.size();
    const Mishaps& mishaps = arguments.mishaps;
    clients.push_back({address, socket_to(arguments.server),
                       BadNetwork(arguments.seed, number, mishaps),
                       BadNetwork(arguments.seed, number + 1, mishaps)});
    return &clients.back();
}

void take_from_clients(int listener, Clients& clients, const Arguments& arguments)
{
    Address sender;
    const auto datagram = receive(listener, &sender);
    Client* client = datagram ? client_at(clients, sender, arguments) : nullptr;
    if (client == nullptr) {
        return;
    }
    std::string said;
    for (const std::string& out : client->to_server.pass(*datagram, said)) {
        send_up(*client, out);
    }
    tell(*client, "to", datagram->size(), said);
}

void take_from_server(int listener, Client& client)
{
    const auto datagram = receive(client.upstream.get(), nullptr);
    if (!datagram) {
        return;
    }
    std::string said;
    for (const std::string& out : client.to_client.pass(*datagram, said)) {
        send_down(listener, client, out);
    }
    tell(client, "from", datagram->size(), said);
}

// Nothing has come for a while, and so nothing will overtake them any more.
void let_go_of_all(int listener, Clients& clients)
{
    for (Client& client : clients) {
        if (const auto held = client.to_server.let_go()) {
            send_up(client, *held);
        }
        if (const auto held = client.to_client.let_go()) {
            send_down(listener, client, *held);
        }
    }
}

bool any_held(const Clients& clients)
{
    for (const Client& client : clients) {
        if (client.to_server.holds() || client.to_client.holds()) {
            return true;
        }
    }
    return false;
}

void relay_forever(int listener, const Arguments& arguments)
{
    Clients clients;
    while (!stopping()) {
        std::vector<pollfd> ready{{listener, POLLIN, 0}};
        for (const Client& client : clients) {
            ready.push_back({client.upstream.get(), POLLIN, 0});
        }
        const int count = ::poll(ready.data(), ready.size(), any_held(clients) ? longest_hold : -1);
        if (count == 0) {
            let_go_of_all(listener, clients);
        }
        if (count <= 0) {
            continue;
        }
        std::size_t next = 1;
        for (Client& client : clients) {
            if (ready[next++].revents != 0) {
                take_from_server(listener, client);
            }
        }
        if (ready[0].revents != 0) {
            take_from_clients(listener, clients, arguments);
        }
    }
}

void add_likelihood(CLI::App& app, const std::string& name, double& value, const std::string& help)
{
    const auto take = [name, &value](double given) {
        if (!(given >= 0 && given <= 1)) { // this way round: nan is neither
            throw CLI::ValidationError(name, "not a likelihood from 0 to 1");
        }
        value = given;
    };
    app.add_option_function<double>(name, take, help + ", of 1 (default 0)")
        ->type_name("LIKELIHOOD");
}

Arguments parse(int argc, char* argv[])
{
    Arguments arguments;
    std::string host;
    std::uint16_t port = 65'456;
    CLI::App app("A bad network between UDP clients and their server.");
    add_server(app, host, port);
    add_number(
        app, "--listen", 0, 65'535,
        [&](int own) { arguments.listen = static_cast<std::uint16_t>(own); },
        "port for the clients, of 127.0.0.1; 0: any free one (default 0)");
    add_number(
        app, "--seed", 0, 1'000'000'000,
        [&](int seed) { arguments.seed = static_cast<std::uint64_t>(seed); },
        "the same one gives the same mishaps (default 1)");
    add_likelihood(app, "--drop", arguments.mishaps.drop, "how many datagrams are lost");
    add_likelihood(app, "--duplicate", arguments.mishaps.duplicate, "how many arrive twice");
    add_likelihood(app, "--reorder", arguments.mishaps.reorder, "how many the next one overtakes");
    parse_or_exit(app, argc, argv);
    arguments.server = resolve(host, port);
    return arguments;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        const Arguments arguments = parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(arguments.listen);
        announce(listener.get());
        relay_forever(listener.get(), arguments);
    });
}
