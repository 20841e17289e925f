// A right answer to lab 03 built another way: std::stop_token ends the workers' wait, and main
// shuts down (shutdown(2)) every open connection at the end, so that no thread sleeps in it.

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
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <list>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>

#include <pthread.h>
#include <sys/socket.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1};
constexpr auto look_again = std::chrono::milliseconds(200);

std::atomic<long> connections = 0;
std::atomic<long> questions = 0;

// Open connections. One that is in the list is open: its number cannot be another one's.
class Connections {
public:
    void enter(int peer)
    {
        const std::lock_guard lock(mutex_);
        open_.insert(peer);
    }
    void leave(int peer)
    {
        const std::lock_guard lock(mutex_);
        open_.erase(peer);
    }
    void shut_down()
    {
        const std::lock_guard lock(mutex_);
        for (const int peer : open_) {
            ::shutdown(peer, SHUT_RDWR);
        }
    }

private:
    std::mutex mutex_;
    std::set<int> open_;
};

Connections& open_connections = *new Connections;

void serve(UniqueFd peer, const Options& options)
{
    ++connections;
    const int number = peer.get();
    open_connections.enter(number);
    try { // a copy of the descriptor talks; ours keeps the number taken until it has left the list
        talk_with_client(UniqueFd(check(::dup(number), "dup")), options, [] { ++questions; });
    } catch (const std::system_error& error) {
        log_info(std::string("dropped: ") + error.what());
    }
    open_connections.leave(number);
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

struct Member {
    std::atomic<bool> ended = false;
    std::jthread thread;
};

// Those that have not ended are woken until they have: also from a sleep that no shutdown ends.
void end_all(std::list<Member>& members)
{
    while (!members.empty()) {
        open_connections.shut_down();
        for (Member& member : members) {
            member.thread.request_stop();
            ::pthread_kill(member.thread.native_handle(), SIGALRM);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        members.remove_if([](const Member& member) { return member.ended.load(); });
    }
}

void serve_with_a_thread_each(int listener, const Options& options)
{
    std::list<Member> members;
    while (!stopping()) {
        UniqueFd accepted = accept_one(listener);
        if (!accepted) {
            continue;
        }
        members.remove_if([](const Member& member) { return member.ended.load(); });
        Member& mine = members.emplace_back();
        try {
            mine.thread = std::jthread([&mine, &options, peer = std::move(accepted)]() mutable {
                serve(std::move(peer), options);
                mine.ended = true;
            });
        } catch (const std::system_error& error) {
            members.pop_back();
            log_warning(std::string("thread: ") + error.what());
        }
    }
    end_all(members);
}

struct Queue {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::deque<UniqueFd> waiting;
};

void work(const std::stop_token& stop, Queue& queue, const Options& options)
{
    std::unique_lock lock(queue.mutex);
    while (queue.changed.wait(lock, stop, [&] { return !queue.waiting.empty(); }) &&
           !stop.stop_requested()) {
        UniqueFd peer = std::move(queue.waiting.front());
        queue.waiting.pop_front();
        queue.changed.notify_all();
        lock.unlock();
        serve(std::move(peer), options);
        lock.lock();
    }
}

void put(Queue& queue, std::size_t most, UniqueFd peer)
{
    std::unique_lock lock(queue.mutex);
    while (queue.waiting.size() >= most && !stopping()) {
        queue.changed.wait_for(lock, look_again);
    }
    queue.waiting.push_back(std::move(peer));
    queue.changed.notify_all();
}

void serve_with_a_pool(int listener, int workers, int most_waiting, const Options& options)
{
    Queue queue;
    std::list<Member> members;
    for (int i = 0; i < workers; ++i) {
        Member& mine = members.emplace_back();
        mine.thread = std::jthread(
            [&](const std::stop_token& stop, Member* me) {
                work(stop, queue, options);
                me->ended = true;
            },
            &mine);
    }
    while (!stopping()) {
        if (UniqueFd peer = accept_one(listener)) {
            put(queue, static_cast<std::size_t>(most_waiting), std::move(peer));
        }
    }
    end_all(members);
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
        Flags("Threads with stop tokens.", options)
            .add("--model", model, {"per-connection", "pool"}, "who serves a client")
            .add("--workers", workers, 1, "threads of the pool")
            .add("--queue", most_waiting, 1, "clients that may wait for a worker")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        announce(listener.get());
        if (model == "pool") {
            serve_with_a_pool(listener.get(), workers, most_waiting, options);
        } else {
            serve_with_a_thread_each(listener.get(), options);
        }
        std::printf("connections %ld\nquestions %ld\n", connections.load(), questions.load());
    });
}
