// A right answer to lab 04 built another way: poll, which knows no FD_SETSIZE. A descriptor has a
// seat in its table, and the table is made anew every turn.

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
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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

// Whom poll is to watch, and then who is ready: listener, stdin, and all connections in the order
// of their descriptors.
struct Watched {
    std::vector<pollfd> all;
    bool timed = false;
};

Watched interest_of(const Chat& chat)
{
    Watched watched;
    watched.timed = Clock::now() < chat.accept_again;
    watched.all.push_back({watched.timed ? -1 : chat.listener, POLLIN, 0});
    watched.all.push_back({chat.stdin_stops ? STDIN_FILENO : -1, POLLIN, 0});
    for (const auto& [fd, peer] : chat.connections) {
        const int events = (peer.input_ended ? 0 : POLLIN) | (peer.unsent.empty() ? 0 : POLLOUT);
        watched.all.push_back({fd, static_cast<short>(events), 0});
        watched.timed = watched.timed || peer.state == State::leaving;
    }
    return watched;
}

// False when nobody waits any more.
bool admit_one(Chat& chat)
{
    Address from;
    UniqueFd socket(
        ::accept4(chat.listener, from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            log_warning("accept: " + std::generic_category().message(errno));
            chat.accept_again = Clock::now() + retry_pause; // else select would return at once
        }
        return false;
    }
    const int on = 1; // no line waits until the one before is acknowledged
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::string place = to_string(from);
    Connection& peer = chat.connections[socket.get()];
    peer.host = place.substr(0, place.rfind(':'));
    peer.socket = std::move(socket);
    return true;
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
    const ssize_t count =
        ::send(peer.socket.get(), peer.unsent.data(), peer.unsent.size(), MSG_NOSIGNAL);
    if (count >= 0) {
        peer.unsent.erase(0, static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
        lose(peer, "send: " + std::generic_category().message(errno));
    }
    if (peer.state == State::leaving && peer.unsent.empty()) {
        ::shutdown(peer.socket.get(), SHUT_WR); // and read on: to close with input unread resets
    }
}

void queue(Connection& peer, std::string_view frame)
{
    peer.unsent += frame;
    if (peer.unsent.size() > most_unsent) {
        send_unsent(peer); // perhaps this turn has brought much, that is all
    }
    if (peer.unsent.size() > most_unsent) {
        lose(peer, "does not take what it is sent");
    }
}

void tell_others(Chat& chat, const Connection& speaker, const std::string& text)
{
    const std::string frame = frame_of(text);
    for (auto& [fd, peer] : chat.connections) {
        if (peer.state == State::member && &peer != &speaker) {
            queue(peer, frame);
        }
    }
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
    static std::array<char, 65'536> buffer;
    const ssize_t count = ::recv(peer.socket.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) {
        peer.input_ended = true; // it may still want what is unsent
        see_off(peer);
    } else if (count == -1 && errno != EAGAIN && errno != EINTR) {
        lose(peer, "recv: " + std::generic_category().message(errno));
    } else if (count > 0 && peer.state != State::leaving) {
        peer.received.feed({buffer.data(), static_cast<std::size_t>(count)});
        hear(chat, peer);
    }
}

// False when nobody has left since.
bool announce_departures(Chat& chat)
{
    bool somebody_left = false;
    for (auto& [fd, peer] : chat.connections) {
        if (peer.state != State::member && !peer.name.empty()) {
            tell_others(chat, peer, "(Now hung up: Client from " + peer.label() + ")");
            peer.name.clear();
            somebody_left = true;
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

void serve_the_ready(Chat& chat, const Watched& ready)
{
    for (std::size_t i = 2; i < ready.all.size(); ++i) {
        Connection& peer = chat.connections.at(ready.all[i].fd);
        if ((ready.all[i].revents & ~POLLOUT) != 0 && peer.state != State::gone) {
            receive(chat, peer);
        }
    }
    chat.stopped = ready.all[1].revents != 0 && asked_on_stdin();
    while (ready.all[0].revents != 0 && admit_one(chat)) {
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
        Watched ready = interest_of(chat);
        constexpr int moment_ms = 100;
        if (::poll(ready.all.data(), ready.all.size(), ready.timed ? moment_ms : -1) > 0) {
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
