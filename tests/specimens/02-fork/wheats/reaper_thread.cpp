// A right answer to lab 02 built another way: a thread does nothing but wait for children, in a
// plain blocking waitpid. The thread that accepts is told by a condition variable.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include <sys/socket.h>
#include <sys/wait.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr Seconds stop_time{1};
constexpr auto look_again = std::chrono::milliseconds(50); // at stopping(): no signal ends a wait

class Children {
public:
    Children()
    {
        sigset_t all; // signals are for the thread that accepts
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        reaper_ = std::jthread([this] { reap(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~Children()
    {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        changed_.notify_all();
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    void wait_for_room(std::size_t most)
    {
        std::unique_lock lock(mutex_);
        while (alive_.size() >= most && !stopping()) {
            changed_.wait_for(lock, look_again);
        }
    }

    void start(int listener, UniqueFd peer, const Options& options)
    {
        const std::lock_guard lock(mutex_); // a quick child is reaped after it is in the list
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(listener);
            serve_client(std::move(peer), options);
            ::_exit(0);
        }
        if (pid == -1) {
            log_warning("fork: " + std::generic_category().message(errno));
            return;
        }
        alive_.insert(pid);
        changed_.notify_all();
    }

    void end()
    {
        std::unique_lock lock(mutex_);
        signal_all(SIGTERM);
        if (!changed_.wait_for(lock, stop_time, [this] { return alive_.empty(); })) {
            signal_all(SIGKILL);
            changed_.wait(lock, [this] { return alive_.empty(); });
        }
    }

private:
    void reap()
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return done_ || !alive_.empty(); });
            if (done_) {
                return;
            }
            lock.unlock();
            siginfo_t dead{}; // looked at here, reaped below: its number is not another's till then
            ::waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT);
            lock.lock();
            ::waitpid(dead.si_pid, nullptr, 0);
            alive_.erase(dead.si_pid);
            changed_.notify_all();
        }
    }

    void signal_all(int number)
    {
        for (const pid_t pid : alive_) {
            ::kill(pid, number);
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<pid_t> alive_;
    bool done_ = false;
    std::jthread reaper_; // last: joined before the others go
};

void serve_forever(int listener, std::size_t max_children, const Options& options)
{
    Children children;
    while (!stopping()) {
        children.wait_for_room(max_children);
        UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (peer) {
            children.start(listener, std::move(peer), options);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_warning("accept: " + std::generic_category().message(errno));
            pause_for(retry_pause);
        }
    }
    children.end();
}

UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
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
        int max_children = 40;
        Flags("A process for each client, and a thread that waits for them.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), static_cast<std::size_t>(max_children), options);
    });
}
