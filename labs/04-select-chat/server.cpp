// Lab to complete: do the TODOs in the order of their numbers, with README.md beside this file.
// Lab 04: a chat of many clients in one thread, which select() tells whose turn it is.
//
// turn:  sets from the state of each ──► select ──► accept ──► receive ──► send ──► part
//          ▲                                                   what they     what       with who
//          └── and again                                       say           waits      has gone

#include "common/address.h"
#include "common/chat_login.h"
#include "common/errors.h"
#include "common/frames.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace lab;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_unsent = 1 << 20; // bytes that wait for one client, who is dropped then
constexpr auto retry_pause = std::chrono::milliseconds(100); // after a descriptor was refused
constexpr auto linger_time = std::chrono::seconds(1);        // for a client to take our last words

enum class State {
    stranger, // has not said its name
    member,
    leaving, // takes what is unsent, then our FIN; what it still says is ignored
    gone     // reset or dropped: there is nobody to talk to
};

struct Connection {
    UniqueFd socket;
    std::string host;
    State state = State::stranger;
    std::string name; // from the login until the others know that this one has left
    FrameReader received;
    std::string unsent;
    bool input_ended = false;
    Clock::time_point patience; // with one who is leaving

    [[nodiscard]] std::string label() const { return name + "@" + host; }
};

struct Chat {
    int listener = -1;
    bool stdin_stops = false;
    bool stopped = false;
    Clock::time_point accept_again;        // no sooner
    std::map<int, Connection> connections; // by descriptor
};

// Whom select is to watch, and then who is ready.
struct Sets {
    fd_set readable;
    fd_set writable;
    int highest = -1;
    bool timed = false; // the clock matters too
};

Sets interest_of(const Chat& chat)
{
    Sets sets;
    FD_ZERO(&sets.readable);
    FD_ZERO(&sets.writable);
    const auto add = [&sets](int fd, fd_set& set) {
        FD_SET(fd, &set);
        sets.highest = std::max(sets.highest, fd);
    };
    // TODO(1): put each descriptor where the state of its owner says what we wait for now.
    todo(1);
    return sets;
}

// False: nobody is ready, and the sets mean nothing.
bool wait_for_one_of(Sets& sets)
{
    // TODO(2): sleep until one of them is ready, or for a moment when the clock matters.
    todo(2);
}

// False when nobody waits any more.
bool admit_one(Chat& chat)
{
    // TODO(3): accept, without ever waiting; refuse a descriptor that no set has room for.
    todo(3);
}

void lose(Connection& peer, const std::string& why)
{
    log_info("lost " + peer.label() + ": " + why);
    peer.state = State::gone;
    peer.unsent.clear();
}

void see_off(Connection& peer)
{
    peer.state = State::leaving;
    peer.patience = Clock::now() + linger_time;
}

void send_unsent(Connection& peer)
{
    // TODO(7): send what the kernel takes and keep the rest. Who is leaving gets a FIN after all of it.
    todo(7);
}

void queue(Connection& peer, std::string_view frame)
{
    // TODO(5): keep it for the end of this turn; drop one who lets more than `most_unsent` wait.
    todo(5);
}

void tell_others(Chat& chat, const Connection& speaker, const std::string& text)
{
    // TODO(6): queue it for every member but the one who spoke.
    todo(6);
}

// Throws Refusal.
void log_in(Chat& chat, Connection& peer, const std::string& name)
{
    std::size_t members = 1;
    for (const auto& [fd, other] : chat.connections) {
        members += other.state == State::member ? 1 : 0;
        if (other.name == name) {
            throw Refusal("name taken: " + name);
        }
    }
    peer.name = name;
    peer.state = State::member;
    queue(peer, frame_of("CLIENT: " + peer.label()));
    tell_others(chat, peer,
                "(Connected: New client (" + std::to_string(members) + ") from " + peer.label() +
                    ")");
}

// All that is whole by now: part of a frame, one, or many.
void hear(Chat& chat, Connection& peer)
{
    try {
        while (const auto text = peer.received.next()) {
            if (peer.state == State::stranger) {
                log_in(chat, peer, name_in_login(*text));
            } else {
                tell_others(chat, peer, "#[" + peer.label() + "]>> " + std::string(*text));
            }
        }
    } catch (const Refusal& refusal) {
        log_info("refused " + peer.label() + ": " + refusal.what());
        see_off(peer);
        queue(peer, frame_of(std::string("ERROR: ") + refusal.what()));
    }
}

void receive(Chat& chat, Connection& peer)
{
    // TODO(4): receive once, whatever has come; the end and a reset are two ways of leaving.
    todo(4);
}

// False when nobody has left since.
bool announce_departures(Chat& chat)
{
    bool somebody_left = false;
    for (auto& [fd, peer] : chat.connections) {
        if (peer.state != State::member && !peer.name.empty()) {
            // TODO(8): tell the others, once; from then on the name is free.
            todo(8);
        }
    }
    return somebody_left;
}

bool is_over(const Connection& peer)
{
    const bool has_all = peer.input_ended && peer.unsent.empty();
    return peer.state == State::gone ||
           (peer.state == State::leaving && (has_all || Clock::now() > peer.patience));
}

// Enter or end of file.
bool asked_on_stdin()
{
    std::array<char, 256> typed{};
    const ssize_t count = ::read(STDIN_FILENO, typed.data(), typed.size());
    return count == 0 || std::ranges::count(typed, '\n') > 0;
}

void serve_the_ready(Chat& chat, const Sets& ready)
{
    if (FD_ISSET(chat.listener, &ready.readable)) {
        while (admit_one(chat)) {
        }
    }
    if (chat.stdin_stops && FD_ISSET(STDIN_FILENO, &ready.readable)) {
        chat.stopped = asked_on_stdin();
    }
    for (auto& [fd, peer] : chat.connections) { // a new one is in no set yet
        if (FD_ISSET(fd, &ready.readable) && peer.state != State::gone) {
            receive(chat, peer);
        }
    }
}

// One send for all that this turn has brought to somebody. Then those go who have left: sooner, a
// descriptor in the sets could be another one's already.
void end_turn(Chat& chat)
{
    do {
        for (auto& [fd, peer] : chat.connections) {
            if (!peer.unsent.empty()) {
                send_unsent(peer);
            }
        }
    } while (announce_departures(chat));
    std::erase_if(chat.connections, [](const auto& entry) { return is_over(entry.second); });
}

void serve_forever(Chat& chat)
{
    while (!chat.stopped && !stopping()) {
        Sets ready = interest_of(chat);
        if (wait_for_one_of(ready)) {
            serve_the_ready(chat, ready);
        }
        end_turn(chat);
    }
}

// A socket to which clients can connect from now on. Non-blocking: whom select has seen may have
// gone before accept.
UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    constexpr int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    UniqueFd listener(check(::socket(address.family(), type, 0), "socket"));
    const int on = 1; // else bind fails for a minute after a restart: old connections in TIME_WAIT
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        Chat chat;
        Flags("A chat of many clients in one thread.", options, 8800)
            .add("--stdin-stops", chat.stdin_stops, "Enter or end of file on stdin stops it")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        chat.listener = listener.get();
        announce(listener.get());
        serve_forever(chat);
    });
}
