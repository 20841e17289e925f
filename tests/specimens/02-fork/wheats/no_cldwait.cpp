// A right answer to lab 02 built another way: with SA_NOCLDWAIT the kernel itself takes the dead
// off the process table. There is no handler and no list: who is alive is read from /proc, and the
// server that waits for room looks again now and then.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

using namespace lab;

namespace {

constexpr Seconds a_moment{0.05};
constexpr Seconds stop_time{1};

void let_the_kernel_reap()
{
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT | SA_NOCLDSTOP;
    check(::sigaction(SIGCHLD, &action, nullptr), "sigaction");
}

// The children that are alive, as the kernel lists them: "4711 4712 ".
class LivingChildren {
public:
    LivingChildren()
        : list_(check(::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC), "/proc"))
    {
    }
    [[nodiscard]] std::vector<pid_t> now() const
    {
        std::string text;
        std::array<char, 4096> part;
        ssize_t count = 0;
        while ((count = ::pread(list_.get(), part.data(), part.size(),
                                static_cast<off_t>(text.size()))) > 0) {
            text.append(part.data(), static_cast<std::size_t>(count));
        }
        std::istringstream words(text);
        return {std::istream_iterator<pid_t>(words), {}};
    }

private:
    UniqueFd list_; // open from the start: later there may be no descriptor left
};

void start_child(int listener, UniqueFd peer, const Options& options)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(listener);
        serve_client(std::move(peer), options);
        ::_exit(0);
    }
    if (pid == -1) {
        log_warning("fork: " + std::generic_category().message(errno));
    }
}

void end(const LivingChildren& living)
{
    const auto patience = std::chrono::steady_clock::now() + stop_time;
    int signal = SIGTERM;
    for (auto children = living.now(); !children.empty(); children = living.now()) {
        for (const pid_t pid : children) {
            ::kill(pid, signal);
        }
        signal = std::chrono::steady_clock::now() > patience ? SIGKILL : 0;
        const timespec two_ms{0, 2'000'000};
        ::nanosleep(&two_ms, nullptr); // pause_for would return at once: we are stopping
    }
}

void serve_forever(int listener, std::size_t max_children, const Options& options)
{
    const LivingChildren living;
    while (!stopping()) {
        if (living.now().size() >= max_children) {
            pause_for(a_moment);
            continue;
        }
        UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (peer) {
            start_child(listener, std::move(peer), options);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_warning("accept: " + std::generic_category().message(errno));
            pause_for(a_moment);
        }
    }
    end(living);
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
        Flags("A process for each client, reaped by the kernel.", options)
            .add("--max-children", max_children, 1, "how many clients are served at once")
            .parse(argc, argv);
        stop_on_signals();
        let_the_kernel_reap();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), static_cast<std::size_t>(max_children), options);
    });
}
