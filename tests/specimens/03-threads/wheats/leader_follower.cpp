// A right answer to lab 03 built another way: leader and followers. One thread at a time is in
// accept; whoever has a client makes another one the leader before it serves. With a thread each
// the new leader is a new thread.

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
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/socket.h>

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

// Threads that start each other, and that main joins.
class Threads {
public:
    void start(const std::function<void()>& work)
    {
        const std::lock_guard lock(mutex_); // leaders start each other
        auto mine = std::make_shared<Member>();
        mine->thread = std::thread([mine, work] {
            work();
            mine->ended = true;
        });
        members_.push_back(mine);
    }
    void join_ended()
    {
        const std::lock_guard lock(mutex_);
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
        for (join_ended(); wake_all(); join_ended()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

private:
    bool wake_all()
    {
        const std::lock_guard lock(mutex_);
        for (const auto& member : members_) {
            ::pthread_kill(member->thread.native_handle(), SIGALRM);
        }
        return !members_.empty();
    }

    struct Member {
        std::thread thread;
        std::atomic<bool> ended = false;
    };
    std::mutex mutex_;
    std::vector<std::shared_ptr<Member>> members_;
};

void lead(Threads& threads, int listener, const Options& options)
{
    while (!stopping()) {
        UniqueFd peer = accept_one(listener);
        if (!peer) {
            continue;
        }
        try {
            threads.start([&threads, listener, &options] { lead(threads, listener, options); });
        } catch (const std::system_error& error) {
            log_warning(std::string("thread: ") + error.what());
            continue; // still the leader, and this client is dropped
        }
        serve(std::move(peer), options);
        return;
    }
}

void follow(std::mutex& leadership, int listener, const Options& options)
{
    while (!stopping()) {
        std::unique_lock leader(leadership);
        UniqueFd peer = stopping() ? UniqueFd() : accept_one(listener);
        leader.unlock();
        if (peer) {
            serve(std::move(peer), options);
        }
    }
}

// With no workers: a thread each.
void serve_forever(int listener, int workers, const Options& options)
{
    Threads threads;
    std::mutex leadership;
    for (int i = 0; i < workers; ++i) {
        threads.start([&] { follow(leadership, listener, options); });
    }
    if (workers == 0) {
        threads.start([&] { lead(threads, listener, options); });
    }
    while (!stopping()) {
        pause_for(Seconds(0.2));
        threads.join_ended();
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
        Flags("Leader and followers.", options)
            .add("--model", model, {"per-connection", "pool"}, "who serves a client")
            .add("--workers", workers, 1, "threads of the pool")
            .add("--queue", most_waiting, 1, "clients that may wait for a worker")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        serve_forever(listener.get(), model == "pool" ? workers : 0, options);
        std::printf("connections %ld\nquestions %ld\n", connections.load(), questions.load());
    });
}
