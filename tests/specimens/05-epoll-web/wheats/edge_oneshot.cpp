// A right answer to lab 05: four threads wait in the same epoll, edge-triggered. EPOLLONESHOT gives
// each client to one of them at a time; who is done with it asks for it anew. The first thread
// looks now and then for those who are late.

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
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto linger_time = 1000ms; // for a client to take our last words
constexpr int worker_count = 4;
constexpr int look_every = 60; // ms: for the late, and for room to accept
constexpr std::uint64_t listener_id = 0;
constexpr std::uint64_t stop_id = 1;
constexpr std::uint64_t first_client_id = 2;

struct Settings {
    std::string root;
    Seconds idle_timeout{60};
    int max_connections = 0;
    bool edge_triggered = false; // it always is
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

// A client, and who holds it: one thread at a time.
struct Shared {
    std::mutex mutex;
    Client client;

    Shared(UniqueFd socket, const http::Site& site, const std::string& name)
        : client(std::move(socket), site, name)
    {
    }
};

class Server {
public:
    Server(UniqueFd listener, const Settings& settings)
        : listener_(std::move(listener)), settings_(settings), site_(settings.root)
    {
        watch(EPOLL_CTL_ADD, listener_.get(), listener_id, EPOLLIN | EPOLLET | EPOLLONESHOT);
        watch(EPOLL_CTL_ADD, stop_.get(), stop_id, EPOLLIN);
    }

    void serve_forever()
    {
        auto workers = start_workers();
        while (!stopping()) {
            ::poll(nullptr, 0, look_every);
            end_the_late();
            const std::scoped_lock lock(mutex_);
            if (std::exchange(listener_rests_, false)) {
                watch(EPOLL_CTL_MOD, listener_.get(), listener_id,
                      EPOLLIN | EPOLLET | EPOLLONESHOT);
            }
        }
        const std::uint64_t one = 1;
        check(::write(stop_.get(), &one, sizeof(one)), "eventfd");
        std::ranges::for_each(workers, [](std::thread& worker) { worker.join(); });
    }

private:
    std::vector<std::thread> start_workers()
    {
        sigset_t all; // signals are for the first thread
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        std::vector<std::thread> workers;
        workers.reserve(worker_count);
        for (int i = 0; i < worker_count; ++i) {
            workers.emplace_back([this] { work(); });
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return workers;
    }

    void watch(int what, int fd, std::uint64_t id, std::uint32_t events) const
    {
        epoll_event event{events, {.u64 = id}};
        check(::epoll_ctl(epoll_.get(), what, fd, &event), "epoll_ctl");
    }

    void work()
    {
        for (;;) {
            epoll_event event{};
            if (::epoll_wait(epoll_.get(), &event, 1, -1) == -1) {
                continue; // EINTR, after SIGCONT
            }
            if (event.data.u64 == stop_id) {
                return;
            }
            if (event.data.u64 == listener_id) {
                admit_clients();
            } else if (const auto shared = find(event.data.u64)) {
                const std::scoped_lock lock(shared->mutex);
                settle(event.data.u64, *shared, shared->client.go_on());
            }
        }
    }

    std::shared_ptr<Shared> find(std::uint64_t id)
    {
        const std::scoped_lock lock(mutex_);
        const auto found = clients_.find(id);
        return found == clients_.end() ? nullptr : found->second;
    }

    // With the client held. It may have been over already, ended by the other thread.
    void settle(std::uint64_t id, Shared& shared, Wants wants)
    {
        const std::scoped_lock lock(mutex_);
        if (!clients_.contains(id)) {
            return;
        }
        if (wants == Wants::nothing) {
            clients_.erase(id); // our caller's pointer keeps it until it lets go
            return;
        }
        const std::uint32_t events = wants == Wants::room ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
        watch(EPOLL_CTL_MOD, shared.client.socket(), id, events | EPOLLET | EPOLLONESHOT);
    }

    void admit_clients()
    {
        const std::scoped_lock lock(mutex_);
        while (clients_.size() < static_cast<std::size_t>(settings_.max_connections)) {
            Address from;
            UniqueFd socket(
                ::accept4(listener_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (socket) {
                admit(std::move(socket), to_string(from));
            } else if (errno == EAGAIN) {
                watch(EPOLL_CTL_MOD, listener_.get(), listener_id,
                      EPOLLIN | EPOLLET | EPOLLONESHOT);
                return;
            } else if (errno != EINTR && errno != ECONNABORTED) {
                log_warning("accept: " + std::generic_category().message(errno));
                break;
            }
        }
        listener_rests_ = true;
    }

    void admit(UniqueFd socket, const std::string& name)
    {
        const int fd = socket.get();
        const std::uint64_t id = next_id_++;
        clients_.emplace(id, std::make_shared<Shared>(std::move(socket), site_, name));
        watch(EPOLL_CTL_ADD, fd, id, EPOLLIN | EPOLLRDHUP | EPOLLET | EPOLLONESHOT);
    }

    void end_the_late()
    {
        const auto now = Clock::now();
        std::vector<std::pair<std::uint64_t, std::shared_ptr<Shared>>> all;
        {
            const std::scoped_lock lock(mutex_);
            all.assign(clients_.begin(), clients_.end());
        }
        for (const auto& [id, shared] : all) {
            const std::unique_lock lock(shared->mutex, std::try_to_lock);
            if (lock && shared->client.wants() != Wants::nothing &&
                shared->client.is_late(now, settings_.idle_timeout)) {
                settle(id, *shared, shared->client.time_out());
            }
        }
    }

    UniqueFd listener_;
    Settings settings_;
    http::Site site_;
    UniqueFd epoll_{check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
    UniqueFd stop_{check(::eventfd(0, EFD_CLOEXEC), "eventfd")};
    std::mutex mutex_; // of all below; taken after a client's
    std::map<std::uint64_t, std::shared_ptr<Shared>> clients_;
    std::uint64_t next_id_ = first_client_id;
    bool listener_rests_ = false;
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
        Flags("A web server on epoll, with four threads.", options, 8800)
            .add("--root", settings.root, "folder whose files are served")
            .add("--idle-timeout", settings.idle_timeout, "close a client that is silent so long")
            .add("--max-connections", settings.max_connections, 0, "how many at once")
            .add("--edge-triggered", settings.edge_triggered, "it always is")
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
