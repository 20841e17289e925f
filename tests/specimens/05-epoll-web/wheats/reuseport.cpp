// A right answer to lab 05: three threads, each with an epoll and a listener of its own on the same
// port (SO_REUSEPORT). The kernel deals the clients out.

#include "common/address.h"
#include "common/descriptors.h"
#include "common/errors.h"
#include "common/http/dialogue.h"
#include "common/http/site.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto linger_time = 1000ms; // for a client to take our last words
constexpr int loop_count = 3;
constexpr int look_every = 100; // ms: for the late, for room to accept, and for a stop

struct Settings {
    std::string root;
    Seconds idle_timeout{60};
    int max_connections = 0;
    bool edge_triggered = false; // makes no difference
};

// What a client waits for; nothing: it is over.
enum class Wants { bytes, room, nothing };

// One client, who never makes anybody wait.
class Client {
public:
    Client(UniqueFd socket, const http::Site& site, const std::string& name)
        : socket_(std::move(socket)), dialogue_(site, name)
    {
    }

    [[nodiscard]] int socket() const { return socket_.get(); }

    // As far as it goes without waiting.
    Wants go_on()
    {
        try {
            return wants_ = converse();
        } catch (const std::exception& error) {
            log_info("dropped: " + dialogue_.client() + " " + error.what());
            return wants_ = Wants::nothing;
        }
    }

    [[nodiscard]] Wants wants() const { return wants_; }

    // It has been silent for so long; nothing for a limit that there is not.
    [[nodiscard]] bool is_late(Clock::time_point now, Seconds idle_timeout) const
    {
        const Seconds limit = parting_ ? Seconds(linger_time) : idle_timeout;
        return (parting_ || limit > Seconds::zero()) && now - active_ >= limit;
    }

    Wants time_out()
    {
        active_ = Clock::now();
        if (parting_ || waits_to_send()) {
            return wants_ = Wants::nothing;
        }
        dialogue_.time_out(replies_);
        return go_on();
    }

private:
    [[nodiscard]] bool waits_to_send() const
    {
        return sent_ < replies_.text.size() || replies_.file.left > 0;
    }

    Wants converse()
    {
        for (;;) {
            if (!send_replies()) {
                return Wants::room;
            }
            if (dialogue_.unfinished()) {
                dialogue_.take("", replies_);
                continue;
            }
            if (dialogue_.then() == http::Then::close) {
                return Wants::nothing;
            }
            if (dialogue_.then() == http::Then::part && !std::exchange(parting_, true)) {
                ::shutdown(socket_.get(), SHUT_WR);
            }
            if (const auto wants = receive()) {
                return *wants;
            }
        }
    }

    // Nothing when something has come.
    std::optional<Wants> receive()
    {
        std::array<char, 65'536> buffer;
        const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (count == -1 && (errno == EAGAIN || errno == EINTR)) {
            return Wants::bytes;
        }
        check(count, "recv");
        touch();
        dialogue_.take({buffer.data(), static_cast<std::size_t>(count)}, replies_);
        return count == 0 ? std::optional(Wants::nothing) : std::nullopt;
    }

    // False when the socket has no room.
    bool send_replies()
    {
        while (waits_to_send()) {
            const ssize_t count = sent_ < replies_.text.size() ? send_text() : send_file();
            if (count == -1 && (errno == EAGAIN || errno == EINTR)) {
                return false;
            }
            check(count, "send");
            touch();
        }
        replies_ = {};
        sent_ = 0;
        return true;
    }

    ssize_t send_text()
    {
        const std::string_view rest = std::string_view(replies_.text).substr(sent_);
        const ssize_t count = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        sent_ += count > 0 ? static_cast<std::size_t>(count) : 0;
        return count;
    }

    ssize_t send_file()
    {
        http::FilePart& part = replies_.file;
        const ssize_t count = ::sendfile(socket_.get(), part.file.get(), &part.next, part.left);
        if (count == 0) {
            throw std::runtime_error("the file has become shorter");
        }
        part.left -= count > 0 ? static_cast<std::size_t>(count) : 0;
        return count;
    }

    // While it is parting the time runs on.
    void touch() { active_ = parting_ ? active_ : Clock::now(); }

    UniqueFd socket_;
    http::Dialogue dialogue_;
    http::Replies replies_;
    std::size_t sent_ = 0; // bytes of their text
    bool parting_ = false; // we are through, and wait until the client is
    Wants wants_ = Wants::bytes;
    Clock::time_point active_ = Clock::now();
};

std::atomic<int> connections = 0; // of all loops

class Loop {
public:
    Loop(UniqueFd listener, const Settings& settings, const http::Site& site)
        : listener_(std::move(listener)), settings_(settings), site_(site)
    {
        watch(EPOLL_CTL_ADD, listener_.get(), nullptr, 0);
    }

    void run()
    {
        while (!stopping()) {
            watch(EPOLL_CTL_MOD, listener_.get(), nullptr,
                  Clock::now() >= accept_again_ && connections < settings_.max_connections ? EPOLLIN
                                                                                           : 0U);
            std::array<epoll_event, 64> events{};
            const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), look_every);
            for (int i = 0; i < count; ++i) {
                handle(events[static_cast<std::size_t>(i)]);
            }
            end_the_late();
        }
    }

private:
    void watch(int what, int fd, Client* client, std::uint32_t wanted) const
    {
        epoll_event event{wanted, {.ptr = client}};
        check(::epoll_ctl(epoll_.get(), what, fd, &event), "epoll_ctl");
    }

    void handle(const epoll_event& event)
    {
        auto* const client = static_cast<Client*>(event.data.ptr);
        if (client == nullptr) {
            admit_client();
        } else if (client->go_on() != Wants::nothing) {
            watch_client(*client);
        }
    }

    void watch_client(Client& client) const
    {
        watch(EPOLL_CTL_MOD, client.socket(), &client,
              client.wants() == Wants::room ? EPOLLOUT : EPOLLIN);
    }

    // One for each event: it is level-triggered.
    void admit_client()
    {
        if (connections.fetch_add(1) >= settings_.max_connections) {
            --connections; // another loop was quicker
            return;
        }
        Address from;
        UniqueFd socket(
            ::accept4(listener_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket) {
            --connections;
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                log_warning("accept: " + std::generic_category().message(errno));
                accept_again_ = Clock::now() + std::chrono::milliseconds(look_every);
            }
            return;
        }
        const int fd = socket.get();
        auto client = std::make_unique<Client>(std::move(socket), site_, to_string(from));
        watch(EPOLL_CTL_ADD, fd, client.get(), EPOLLIN);
        clients_.push_back(std::move(client));
    }

    void end_the_late()
    {
        const auto now = Clock::now();
        for (const auto& client : clients_) {
            if (client->wants() != Wants::nothing && client->is_late(now, settings_.idle_timeout) &&
                client->time_out() != Wants::nothing) {
                watch_client(*client);
            }
        }
        connections -= static_cast<int>(std::erase_if(
            clients_, [](const auto& one) { return one->wants() == Wants::nothing; }));
    }

    UniqueFd listener_;
    const Settings& settings_;
    const http::Site& site_;
    UniqueFd epoll_{check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
    std::vector<std::unique_ptr<Client>> clients_;
    Clock::time_point accept_again_{};
};

// The first one is bound alone, so that a second server on this port is refused; only then does it
// let the others in.
std::vector<UniqueFd> listen_on(const Options& options)
{
    Address address = resolve(options.host, options.port_or_default());
    std::vector<UniqueFd> listeners;
    const int on = 1;
    for (int i = 0; i < loop_count; ++i) {
        UniqueFd one(check(
            ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
        const int fd = one.get();
        check(::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
        check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
        if (i > 0) {
            check(::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "SO_REUSEPORT");
        }
        check(::bind(fd, address.get(), address.length), "bind " + to_string(address));
        check(::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "SO_REUSEPORT");
        address = local_address(fd);
        listeners.push_back(std::move(one));
    }
    for (const UniqueFd& one : listeners) {
        check(::listen(one.get(), options.backlog), "listen");
    }
    return listeners;
}

} // namespace

int main(int argc, char* argv[])
{
    return exit_status_of([&] {
        Options options;
        Settings settings;
        Flags("A web server with three loops.", options, 8800)
            .add("--root", settings.root, "folder whose files are served")
            .add("--idle-timeout", settings.idle_timeout, "close a client that is silent so long")
            .add("--max-connections", settings.max_connections, 0, "how many at once")
            .add("--edge-triggered", settings.edge_triggered, "makes no difference")
            .parse(argc, argv);
        stop_on_signals();
        std::signal(SIGPIPE, SIG_IGN);
        if (settings.max_connections == 0) {
            settings.max_connections = static_cast<int>(raise_descriptor_limit()) - 64;
        }
        auto listeners = listen_on(options);
        announce(listeners[0].get());
        const http::Site site(settings.root);
        std::vector<std::thread> loops;
        loops.reserve(listeners.size());
        for (UniqueFd& listener : listeners) {
            loops.emplace_back([&] { Loop(std::move(listener), settings, site).run(); });
        }
        std::ranges::for_each(loops, [](std::thread& loop) { loop.join(); });
    });
}
