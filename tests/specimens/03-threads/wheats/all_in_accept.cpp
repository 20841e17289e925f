// A right answer to lab 03 built another way: the pool has no queue, and every worker accepts for
// itself. The kernel's backlog is queue enough.

#include "common/address.h"
#include "common/after_01/serve_client.h"
#include "common/errors.h"
#include "common/log.h"
#include "common/options.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};

std::atomic<long> connections = 0;
std::atomic<long> questions = 0;

void serve(UniqueFd peer, const Options& options)
{
    ++connections;
    try {
        talk_with_client(std::move(peer), options, [] { ++questions; });
    } catch (const std::system_error& error) {
        log_info(std::string("dropped: ") + error.what());
    }
}

// The next client, or nothing: one that was not there after all, or no room, or the end.
UniqueFd accept_one(int listener)
{
    UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer && errno != EINTR && errno != ECONNABORTED) {
        log_warning("accept: " + std::generic_category().message(errno));
        pause_for(retry_pause);
    }
    return peer;
}

// Threads that main starts and joins.
class Threads {
public:
    void start(const std::function<void()>& work)
    {
        auto mine = std::make_shared<Member>();
        mine->thread = std::thread([mine, work] {
            work();
            mine->ended = true;
        });
        members_.push_back(mine);
    }
    void join_ended()
    {
        std::erase_if(members_, [](const std::shared_ptr<Member>& member) {
            const bool ended = member->ended;
            if (ended) {
                member->thread.join();
            }
            return ended;
        });
    }
    void end_all()
    {
        for (join_ended(); !members_.empty(); join_ended()) {
            for (const auto& member : members_) {
                ::pthread_kill(member->thread.native_handle(), SIGALRM);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

private:
    struct Member {
        std::thread thread;
        std::atomic<bool> ended = false;
    };
    std::vector<std::shared_ptr<Member>> members_;
};

void serve_with_a_thread_each(int listener, const Options& options)
{
    Threads threads;
    while (!stopping()) {
        auto peer = std::make_shared<UniqueFd>(accept_one(listener));
        if (!*peer) {
            continue;
        }
        threads.join_ended();
        try {
            threads.start([peer, &options] { serve(std::move(*peer), options); });
        } catch (const std::system_error& error) {
            log_warning(std::string("thread: ") + error.what());
        }
    }
    threads.end_all();
}

void accept_and_serve(int listener, const Options& options)
{
    while (!stopping()) {
        if (UniqueFd peer = accept_one(listener)) {
            serve(std::move(peer), options);
        }
    }
}

void serve_with_a_pool(int listener, int workers, const Options& options)
{
    Threads threads;
    for (int i = 0; i < workers; ++i) {
        threads.start([&] { accept_and_serve(listener, options); });
    }
    while (!stopping()) {
        ::pause(); // a signal ends it; one that came before is followed by an alarm (common/stop.h)
    }
    threads.end_all();
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
        std::string model = "per-connection";
        int workers = 4;
        int most_waiting = 64;
        Flags("All workers accept.", options)
            .add("--model", model, {"per-connection", "pool"}, "who serves a client")
            .add("--workers", workers, 1, "threads of the pool")
            .add("--queue", most_waiting, 1, "clients that may wait for a worker")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        if (model == "pool") {
            serve_with_a_pool(listener.get(), workers, options);
        } else {
            serve_with_a_thread_each(listener.get(), options);
        }
        std::printf("connections %ld\nquestions %ld\n", connections.load(), questions.load());
    });
}
