// Sends its stdin to an echo server and prints what comes back, both at the same time: who sends
// everything before it reads anything waits for a server that waits for it.
//
//     stdin ── read ──► unsent ── send ──► server ── recv ──► stdout

#include "common/clients/client.h"
#include "common/command_line.h"
#include "common/errors.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

using namespace lab;

namespace {

constexpr Seconds patience{60};            // to be connected
constexpr std::size_t high_water = 65'536; // unsent bytes, above which stdin has to wait

struct Session {
    int server;
    std::string unsent;
    bool input_ended = false;
    bool goodbye_said = false; // the server knows that nothing follows
};

// What to wait for is a function of the state: a descriptor of -1 is not watched.
std::array<pollfd, 2> interest_of(const Session& session)
{
    const bool room = !session.input_ended && session.unsent.size() < high_water;
    const int server_events = session.unsent.empty() ? POLLIN : POLLIN | POLLOUT;
    return {{{room ? STDIN_FILENO : -1, POLLIN, 0},
             {session.server, static_cast<short>(server_events), 0}}};
}

void take_input(Session& session)
{
    std::array<char, high_water> buffer;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count == -1 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    session.unsent.append(buffer.data(), static_cast<std::size_t>(check(count, "read stdin")));
    session.input_ended = count == 0;
}

void send_unsent(Session& session)
{
    const ssize_t count = ::send(session.server, session.unsent.data(), session.unsent.size(),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count == -1 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    session.unsent.erase(0, static_cast<std::size_t>(check(count, "send")));
}

void say_goodbye(Session& session)
{
    check(::shutdown(session.server, SHUT_WR), "shutdown"); // our half only: replies still come
    session.goodbye_said = true;
}

void print(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("write stdout");
        }
    }
}

// False at the server's end of file.
bool print_reply(const Session& session)
{
    const std::string reply = receive_some(session.server, high_water, Deadline(patience));
    print(reply);
    return !reply.empty();
}

// Waits, then does what can be done. False at the server's end of file.
bool take_turn(Session& session)
{
    auto watched = interest_of(session);
    if (::poll(watched.data(), watched.size(), -1) == -1) {
        if (errno != EINTR) {
            fail("poll");
        }
        return true;
    }
    const auto& [input, server] = watched;
    if ((server.revents & ~POLLOUT) != 0 && !print_reply(session)) {
        return false;
    }
    if (input.revents != 0) {
        take_input(session);
    }
    if (!session.unsent.empty()) {
        send_unsent(session);
    }
    if (session.input_ended && session.unsent.empty() && !session.goodbye_said) {
        say_goodbye(session);
    }
    return true;
}

void converse(int server)
{
    Session session{server, {}};
    while (take_turn(session)) {
    }
    if (!session.goodbye_said) {
        throw std::runtime_error("the server closed the connection before the end of the input");
    }
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        std::string host;
        std::uint16_t port = 8800;
        CLI::App app("Sends its input to an echo server and prints what comes back.");
        add_server(app, host, port);
        parse_or_exit(app, argc, argv);
        const UniqueFd server = connect_to(resolve(host, port), Deadline(patience));
        converse(server.get());
    });
}
