// A right answer to lab 05: poll instead of epoll, and files sent through a buffer.
//
//     pollfds from state ──► poll ──► accept, or let a client go on ──► bury the dead

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
#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto linger_time = 1000ms; // for a client to take our last words
constexpr auto retry_pause = 100ms;  // before asking again for a descriptor

struct Settings {
    std::string root;
    Seconds idle_timeout{60};
    int max_connections = 0;
    bool edge_triggered = false; // poll knows no edges
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
        std::array<char, 16'384> buffer;
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

    // Through a buffer: no sendfile.
    ssize_t send_file()
    {
        http::FilePart& part = replies_.file;
        std::array<char, 32'768> buffer;
        const ssize_t size = check(
            ::pread(part.file.get(), buffer.data(), std::min(buffer.size(), part.left), part.next),
            "pread");
        if (size == 0) {
            throw std::runtime_error("the file has become shorter");
        }
        const ssize_t count =
            ::send(socket_.get(), buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
        if (count > 0) {
            part.next += count;
            part.left -= static_cast<std::size_t>(count);
        }
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

class Server {
public:
    Server(UniqueFd listener, const Settings& settings)
        : listener_(std::move(listener)), settings_(settings), site_(settings.root)
    {
    }

    void serve_forever()
    {
        while (!stopping()) {
            const auto pollfds = wait();
            const bool knock = pollfds[0].revents != 0;
            for (std::size_t i = 1; i < pollfds.size(); ++i) {
                if (pollfds[i].revents != 0) {
                    clients_[i - 1]->go_on();
                }
            }
            end_the_late();
            if (knock) {
                admit_clients();
            }
        }
    }

private:
    [[nodiscard]] bool has_room() const
    {
        return clients_.size() < static_cast<std::size_t>(settings_.max_connections) &&
               Clock::now() >= accept_again_;
    }

    std::vector<pollfd> wait()
    {
        std::vector<pollfd> pollfds{{has_room() ? listener_.get() : -1, POLLIN, 0}};
        for (const auto& client : clients_) {
            const short events = client->wants() == Wants::room ? POLLOUT : POLLIN;
            pollfds.push_back({client->socket(), events, 0});
        }
        const bool waits_for_time = !clients_.empty() || accept_again_ > Clock::now();
        if (::poll(pollfds.data(), pollfds.size(), waits_for_time ? 60 : -1) == -1) {
            std::ranges::for_each(pollfds, [](pollfd& one) { one.revents = 0; }); // EINTR
        }
        return pollfds;
    }

    void end_the_late()
    {
        const auto now = Clock::now();
        for (const auto& client : clients_) {
            if (client->wants() != Wants::nothing && client->is_late(now, settings_.idle_timeout)) {
                client->time_out();
            }
        }
        std::erase_if(clients_, [](const auto& one) { return one->wants() == Wants::nothing; });
    }

    void admit_clients()
    {
        while (has_room()) {
            Address from;
            UniqueFd socket(
                ::accept4(listener_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (socket) {
                clients_.push_back(
                    std::make_unique<Client>(std::move(socket), site_, to_string(from)));
            } else if (errno == EAGAIN) {
                return;
            } else if (errno != EINTR && errno != ECONNABORTED) {
                log_warning("accept: " + std::generic_category().message(errno));
                accept_again_ = Clock::now() + retry_pause;
            }
        }
    }

    UniqueFd listener_;
    Settings settings_;
    http::Site site_;
    std::vector<std::unique_ptr<Client>> clients_;
    Clock::time_point accept_again_{};
};

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(
        check(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    check(::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
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
        Settings settings;
        Flags("A web server on poll.", options, 8800)
            .add("--root", settings.root, "folder whose files are served")
            .add("--idle-timeout", settings.idle_timeout, "close a client that is silent so long")
            .add("--max-connections", settings.max_connections, 0, "how many at once")
            .add("--edge-triggered", settings.edge_triggered, "poll knows no edges")
            .parse(argc, argv);
        stop_on_signals();
        std::signal(SIGPIPE, SIG_IGN);
        if (settings.max_connections == 0) {
            settings.max_connections = static_cast<int>(raise_descriptor_limit()) - 64;
        }
        UniqueFd listener = listen_on(options);
        announce(listener.get());
        Server(std::move(listener), settings).serve_forever();
    });
}
