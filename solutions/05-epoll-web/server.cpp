// Lab 05: a web server for ten thousand clients, in one thread that waits for none of them. epoll
// is asked for what a client's state lacks; what it reports moves that state on, as far as that
// goes without waiting.
//
//     what the states lack ──► epoll_wait ──┬── the listener: accept
//              ▲                            ├── bytes:  recv ──► dialogue ──► send what goes
//              │                            └── room:   send the rest
//              └── bury the dead ◄── end the idle ◄──┘

#include "common/address.h"
#include "common/descriptors.h"
#include "common/errors.h"
#include "common/http/dialogue.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

using namespace lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t piece = 65'536;         // bytes received at a time
constexpr std::size_t file_piece = 2'097'152; // bytes of a file; then the others have their turn
constexpr int accepted_at_a_time = 64;        // likewise
constexpr std::size_t spare_descriptors = 32; // kept from clients, for files
constexpr milliseconds retry_pause = 100ms;   // before asking again for a descriptor
constexpr milliseconds linger_time = 1s;      // for a client to take our last words
constexpr milliseconds stop_time = 1s;        // for replies under way when we are to stop

struct Settings {
    std::string root;            // the folder to serve; empty: none
    milliseconds idle_timeout{}; // 0: none
    std::size_t most_clients = 0;
    bool edge_triggered = false;
};

struct Client {
    UniqueFd socket;
    http::Dialogue dialogue; // bytes in, replies out
    http::Replies unsent{};  // of their text, `sent` bytes have gone
    std::size_t sent = 0;
    bool unread = false;               // bytes are left of which epoll has told already
    bool hung_up = false;              // the client has closed its side
    bool heard_all = false;            // and we have read what it had sent before
    std::uint32_t watched = 0;         // what epoll has been asked for
    Clock::time_point active{};        // when a byte last came or went
    std::list<Client>* home = nullptr; // the list that it is in, and its place there
    std::list<Client>::iterator place{};
};

bool waits_to_send(const Client& client)
{
    return client.sent < client.unsent.text.size() || client.unsent.file.left > 0;
}

// How much a call on a non-blocking socket has moved; nothing if it would have had to wait.
std::optional<std::size_t> moved(ssize_t count, std::string_view attempt)
{
    if (count == -1 && (errno == EAGAIN || errno == EINTR)) {
        return {};
    }
    return static_cast<std::size_t>(check(count, attempt));
}

std::size_t most_clients(int asked)
{
    const std::size_t most = raise_descriptor_limit();
    return asked > 0 ? static_cast<std::size_t>(asked)
                     : most - std::min(most - 1, spare_descriptors);
}

class WebServer {
public:
    WebServer(UniqueFd listener, const Settings& settings)
        : settings_(settings), site_(settings.root), listener_(std::move(listener))
    {
        epoll_event nothing_yet{};
        check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &nothing_yet), "epoll_ctl");
    }

    void serve_forever()
    {
        announce(listener_.get());
        while (!stopping()) {
            turn();
        }
        finish();
    }

private:
    using Clients = std::list<Client>;

    void turn()
    {
        watch_listener();
        const auto ready = wait();
        now_ = Clock::now();
        for (const epoll_event& event : ready) {
            if (event.data.ptr == nullptr) {
                admit_clients();
            } else {
                serve(*static_cast<Client*>(event.data.ptr), event.events);
            }
        }
        end_the_idle();
        if (!dead_.empty()) { // not before: an event of this turn could have been for one of them
            dead_.clear();
            accept_again_ = {}; // there is a descriptor again
        }
    }

    [[nodiscard]] bool has_room() const
    {
        return !stopping() && open_.size() + parting_.size() < settings_.most_clients;
    }

    void watch_listener()
    {
        // [1] have epoll tell of the listener while there is room for one more client, and not
        // else.
        const std::uint32_t wanted = has_room() && accept_again_ <= now_ ? EPOLLIN : 0U;
        if (wanted != listener_watched_) {
            epoll_event event{wanted, {.ptr = nullptr}};
            check(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event), "epoll_ctl");
            listener_watched_ = wanted;
        }
        // [/]
    }

    std::span<epoll_event> wait()
    {
        // [2] sleep until somebody is ready or time_left() is over. A signal is no failure.
        const int most = static_cast<int>(events_.size());
        const int count = ::epoll_wait(epoll_.get(), events_.data(), most, time_left());
        if (count == -1 && errno != EINTR) {
            fail("epoll_wait");
        }
        return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
        // [/]
    }

    // Until the next time-out, in milliseconds; -1: there is none. Each list is in the order of
    // `active`, so that whoever is at the front is due first.
    [[nodiscard]] int time_left() const
    {
        auto due = Clock::time_point::max();
        if (!open_.empty() && settings_.idle_timeout > 0ms) {
            due = open_.front().active + settings_.idle_timeout;
        }
        if (!parting_.empty()) {
            due = std::min(due, parting_.front().active + linger_time);
        }
        if (accept_again_ > now_) {
            due = std::min(due, accept_again_);
        }
        if (due == Clock::time_point::max()) {
            return -1;
        }
        return static_cast<int>(std::max(std::chrono::ceil<milliseconds>(due - now_), 0ms).count());
    }

    void admit_clients()
    {
        // [3] accept whoever waits, up to a bound. Out of descriptors: ask again only after a
        // pause, for the listener stays readable and the loop would spin.
        for (int i = 0; i < accepted_at_a_time && has_room(); ++i) {
            Address from;
            UniqueFd socket(
                ::accept4(listener_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (socket) {
                admit(std::move(socket), from);
            } else if (errno == EAGAIN) {
                return;
            } else if (errno != EINTR && errno != ECONNABORTED) {
                log_warning("accept: " + std::generic_category().message(errno));
                accept_again_ = now_ + retry_pause;
                return;
            }
        }
        // [/]
    }

    void admit(UniqueFd socket, const Address& from)
    {
        http::Dialogue dialogue(site_, logs_info() ? to_string(from) : "");
        Client& client = open_.emplace_back(Client{std::move(socket), std::move(dialogue)});
        client.active = now_;
        client.home = &open_;
        client.place = std::prev(open_.end());
        only_for(client, [&] { watch(client); });
    }

    // What goes wrong in there (a reset, say) ends this client and nobody else.
    template <typename Action> void only_for(Client& client, const Action& act)
    {
        try {
            act();
        } catch (const std::exception& error) {
            log_info(client.dialogue.client() + " dropped: " + error.what());
            move(client, dead_);
        }
    }

    void watch(Client& client)
    {
        // [4] ask epoll for what the client's state lacks: room if something waits to be sent, else
        // bytes. Only when that has changed: each call costs as much as a recv. Edge-triggered,
        // also when something was left that it has told of already.
        std::uint32_t wanted = waits_to_send(client) ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
        wanted |= settings_.edge_triggered ? EPOLLET : 0U;
        const bool left = settings_.edge_triggered && (client.unread || waits_to_send(client));
        if (wanted != client.watched || left) {
            epoll_event event{wanted, {.ptr = &client}};
            const int what = client.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
            check(::epoll_ctl(epoll_.get(), what, client.socket.get(), &event), "epoll_ctl");
            client.watched = wanted;
        }
        // [/]
    }

    void end_the_idle()
    {
        // [5] end those who were silent for too long: of each list, from the front.
        const milliseconds timeout = settings_.idle_timeout;
        while (timeout > 0ms && !open_.empty() && open_.front().active + timeout <= now_) {
            time_out(open_.front());
        }
        while (!parting_.empty() && parting_.front().active + linger_time <= now_) {
            move(parting_.front(), dead_);
        }
        // [/]
    }

    void time_out(Client& client)
    {
        if (waits_to_send(client)) {
            move(client, dead_); // and does not take what we have to say
            return;
        }
        client.active = now_;
        move(client, open_);
        client.dialogue.time_out(client.unsent);
        serve(client, 0);
    }

    void serve(Client& client, std::uint32_t events)
    {
        client.hung_up |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        only_for(client, [&] {
            converse(client);
            settle(client);
            if (client.home != &dead_) {
                watch(client);
            }
        });
    }

    // One recv a turn: then the others have theirs. Who does not take our replies is not heard.
    void converse(Client& client)
    {
        if (waits_to_send(client)) {
            send_replies(client);
        }
        if (!waits_to_send(client)) {
            answer_requests(client, client.dialogue.unfinished() ? "" : receive(client));
        }
    }

    std::string_view receive(Client& client)
    {
        // [6] take what has come, into the one buffer of all. Less than fits was everything, unless
        // the end follows: no second call only to hear EAGAIN.
        const auto count =
            moved(::recv(client.socket.get(), buffer_.data(), buffer_.size(), 0), "recv");
        client.heard_all = count == 0U;
        client.unread = count == buffer_.size() || (count > 0U && client.hung_up);
        if (count > 0U) {
            touch(client);
        }
        return {buffer_.data(), count.value_or(0)};
        // [/]
    }

    void answer_requests(Client& client, std::string_view news)
    {
        // [7] have the dialogue answer what has come, and send that. If it stops because much is to
        // be sent, go on when that has gone: no event will come for requests that we hold already.
        do {
            client.unsent.text.swap(spare_); // empty, but with room: no request allocates
            client.dialogue.take(std::exchange(news, ""), client.unsent);
            send_replies(client);
        } while (client.dialogue.unfinished() && !waits_to_send(client));
        // [/]
    }

    void send_replies(Client& client)
    {
        // [8] send what goes without waiting: the text, then a piece of the file. The rest stays.
        std::string& text = client.unsent.text;
        while (client.sent < text.size()) {
            const std::string_view rest = std::string_view(text).substr(client.sent);
            const auto count =
                moved(::send(client.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL), "send");
            if (!count) {
                return;
            }
            client.sent += *count;
            touch(client);
        }
        send_file(client);
        client.sent = 0;
        text.clear();
        spare_ = std::exchange(text, {}); // an idle client owns no buffer
        // [/]
    }

    // The kernel copies from the file to the socket: its bytes never come here.
    void send_file(Client& client)
    {
        http::FilePart& part = client.unsent.file;
        if (part.left > 0) {
            const std::size_t most = std::min(part.left, file_piece);
            const auto count = moved(
                ::sendfile(client.socket.get(), part.file.get(), &part.next, most), "sendfile");
            if (count == 0U) {
                throw std::runtime_error("the file is shorter than we have announced");
            }
            if (count) {
                part.left -= *count;
                touch(client);
            }
        }
        if (part.left == 0) {
            part.file.reset();
        }
    }

    void settle(Client& client)
    {
        // [9] when all is sent: is this the end? Close, or say that we are through and hear the
        // client out for a while.
        const http::Then then = client.dialogue.then();
        if (waits_to_send(client)) {
            return;
        }
        if (client.heard_all || then == http::Then::close ||
            (stopping() && then == http::Then::listen)) {
            move(client, dead_);
        } else if (then == http::Then::part && client.home == &open_) {
            ::shutdown(client.socket.get(), SHUT_WR);
            move(client, parting_);
        }
        // [/]
    }

    void touch(Client& client)
    {
        if (client.home == &open_) { // else its time runs from our goodbye
            client.active = now_;
            move(client, open_);
        }
    }

    // To the end of that list.
    static void move(Client& client, Clients& list)
    {
        list.splice(list.end(), *client.home, client.place);
        client.home = &list;
    }

    // No new clients, no new requests; replies under way have a while to arrive.
    void finish()
    {
        listener_.reset();
        listener_watched_ = 0;
        for (auto next = open_.begin(); next != open_.end();) {
            settle(*next++);
        }
        const auto patience = Clock::now() + stop_time;
        while (!(open_.empty() && parting_.empty()) && Clock::now() < patience) {
            turn();
        }
    }

    const Settings settings_;
    const http::Site site_;
    UniqueFd listener_;
    const UniqueFd epoll_{check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
    std::uint32_t listener_watched_ = 0;
    Clock::time_point now_ = Clock::now(); // once a turn
    Clock::time_point accept_again_{};     // after the pause, when descriptors have run out
    Clients open_;
    Clients parting_; // told that we are through
    Clients dead_;
    std::array<epoll_event, 512> events_{};
    std::array<char, piece> buffer_{};
    std::string spare_; // for the next replies
};

// A socket to which clients can connect from now on.
UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    UniqueFd listener(check(::socket(address.family(), type, 0), "socket"));
    const int on = 1; // else bind fails for a minute after a restart: old connections in TIME_WAIT
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    // Inherited by each connection. A reply is complete when it is sent: never wait for more of it.
    check(::setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
    check(::bind(listener.get(), address.get(), address.length), "bind " + to_string(address));
    check(::listen(listener.get(), options.backlog), "listen");
    return listener;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        options.idle_timeout = 60s;
        int max_connections = 0;
        Settings settings;
        Flags("A web server for ten thousand clients.", options, 8800)
            .add("--root", settings.root, "folder whose files are served")
            .add("--idle-timeout", options.idle_timeout,
                 "close a client that is silent for so long; 0: never")
            .add("--max-connections", max_connections, 0,
                 "how many at once; 0: what descriptors allow")
            .add("--edge-triggered", settings.edge_triggered, "hear of each arrival only once")
            .parse(argc, argv);
        stop_on_signals();
        std::signal(SIGPIPE, SIG_IGN); // sendfile knows no MSG_NOSIGNAL
        settings.idle_timeout = std::chrono::ceil<milliseconds>(options.idle_timeout);
        settings.most_clients = most_clients(max_connections);
        WebServer(listen_on(options), settings).serve_forever();
    });
}
