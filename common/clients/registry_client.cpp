// A member of a registry over UDP (lab 06): registers, sends each line of its stdin, prints what
// comes, and says goodbye at the end: of the input, or by ^C.
//
//     #REG ──► stdin ── getline ──► send ──► server ── recv ──► stdout ──► #DEREG

#include "common/clients/client.h"
#include "common/command_line.h"
#include "common/errors.h"
#include "common/stop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

using namespace lab;

namespace {

constexpr std::size_t datagram_room = 65'536;
constexpr std::size_t input_room = 4'096;
constexpr Seconds for_last_words{1}; // to come back to us, which they may never do

struct Session {
    int server;
    std::string input;      // the beginning of a line
    std::string last_words; // the last line that was sent
    bool last_words_heard = true;
    bool input_ended = false;
};

// One datagram, or none at all: nobody tells whether it arrives.
void send_datagram(int server, std::string_view payload)
{
    // ECONNREFUSED is the answer to an earlier datagram: nobody has that port.
    check(::send(server, payload.data(), payload.size(), 0), "send");
}

void say(Session& session, const std::string& line)
{
    send_datagram(session.server, line);
    session.last_words = line;
    session.last_words_heard = false;
}

void take_input(Session& session)
{
    std::array<char, input_room> buffer;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count == -1 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    session.input.append(buffer.data(), static_cast<std::size_t>(check(count, "read stdin")));
    session.input_ended = count == 0;
    for (std::size_t end = 0; (end = session.input.find('\n')) != std::string::npos;) {
        say(session, session.input.substr(0, end));
        session.input.erase(0, end + 1);
    }
    if (session.input_ended && !session.input.empty()) {
        say(session, session.input);
    }
}

// A line of its own, and nothing in it that a terminal would obey.
void print(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; }, '.');
    text += '\n';
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (count >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            fail("write stdout");
        }
    }
}

void print_what_came(Session& session)
{
    std::string payload(datagram_room, '\0');
    const ssize_t count = ::recv(session.server, payload.data(), payload.size(), MSG_DONTWAIT);
    if (count == -1 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    payload.resize(static_cast<std::size_t>(check(count, "receive")));
    session.last_words_heard = session.last_words_heard || payload == session.last_words;
    print(std::move(payload));
}

// Until all is said, and heard, or somebody has asked us to stop.
void converse(Session& session)
{
    std::optional<Deadline> patience;
    while (!stopping() && !(session.input_ended && session.last_words_heard)) {
        if (session.input_ended && !patience) {
            patience.emplace(for_last_words);
        }
        std::array<pollfd, 2> ready{
            {{session.input_ended ? -1 : STDIN_FILENO, POLLIN, 0}, {session.server, POLLIN, 0}}};
        const int count =
            ::poll(ready.data(), ready.size(), patience ? patience->poll_timeout() : -1);
        if (count == 0) {
            return;
        }
        if (count == -1) {
            continue; // a signal
        }
        if (ready[1].revents != 0) {
            print_what_came(session);
        }
        if (ready[0].revents != 0) {
            take_input(session);
        }
    }
}

// Connected: no packet goes out for that, but the socket hears that server alone, and its kernel
// tells us when nobody is there.
UniqueFd socket_to(const Address& server)
{
    UniqueFd socket(check(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    check(::connect(socket.get(), server.get(), server.length), "connect " + to_string(server));
    return socket;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        std::string host;
        std::uint16_t port = 65'456;
        CLI::App app("Registers, sends each line of its input, and prints what all members say.");
        add_server(app, host, port);
        parse_or_exit(app, argc, argv);
        stop_on_signals();
        const UniqueFd server = socket_to(resolve(host, port));
        Session session{server.get(), {}, {}};
        send_datagram(server.get(), "#REG");
        converse(session);
        send_datagram(server.get(), "#DEREG");
    });
}
