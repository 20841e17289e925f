// A right answer to lab 03 built another way: every thread is detached, and what main waits for at
// the end is a count that comes down to zero. The pool's queue is bounded by two semaphores.

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
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <set>
#include <string>
#include <system_error>
#include <thread>

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

// The threads that run now. Never destroyed: the last of them may still be on its way out.
class Running {
public:
    void start(const std::function<void()>& work)
    {
        std::thread([this, work] {
            enter();
            work();
            leave();
        }).detach();
        const std::lock_guard lock(mutex_);
        ++expected_;
    }
    void end_all()
    {
        std::unique_lock lock(mutex_);
        while (expected_ > 0) {
            for (const pthread_t thread : threads_) { // in the list, hence alive
                ::pthread_kill(thread, SIGALRM);
            }
            fewer_.wait_for(lock, std::chrono::milliseconds(10));
        }
    }

private:
    void enter()
    {
        const std::lock_guard lock(mutex_);
        threads_.insert(::pthread_self());
    }
    void leave()
    {
        const std::lock_guard lock(mutex_);
        threads_.erase(::pthread_self());
        --expected_;
        fewer_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable fewer_;
    std::set<pthread_t> threads_;
    long expected_ = 0;
};

Running& running = *new Running;

void serve_with_a_thread_each(int listener, const Options& options)
{
    while (!stopping()) {
        auto peer = std::make_shared<UniqueFd>(accept_one(listener));
        if (!*peer) {
            continue;
        }
        try {
            running.start([peer, options] { serve(std::move(*peer), options); });
        } catch (const std::system_error& error) {
            log_warning(std::string("thread: ") + error.what());
        }
    }
}

struct Queue {
    explicit Queue(int most) : room(most) {}

    std::counting_semaphore<> room;
    std::counting_semaphore<> clients{0};
    std::mutex mutex;
    std::deque<UniqueFd> waiting;
};

void work(Queue& queue, const Options& options)
{
    for (;;) {
        queue.clients.acquire();
        std::unique_lock lock(queue.mutex);
        if (queue.waiting.empty()) {
            return; // the last words of main
        }
        UniqueFd peer = std::move(queue.waiting.front());
        queue.waiting.pop_front();
        lock.unlock();
        queue.room.release();
        serve(std::move(peer), options);
    }
}

void serve_with_a_pool(int listener, int workers, int most_waiting, const Options& options)
{
    auto& queue = *new Queue(most_waiting); // likewise
    for (int i = 0; i < workers; ++i) {
        running.start([&queue, options] { work(queue, options); });
    }
    while (!stopping()) {
        if (!queue.room.try_acquire_for(std::chrono::milliseconds(200))) {
            continue;
        }
        UniqueFd peer = accept_one(listener);
        if (!peer) {
            queue.room.release();
            continue;
        }
        const std::lock_guard lock(queue.mutex);
        queue.waiting.push_back(std::move(peer));
        queue.clients.release();
    }
    const std::lock_guard lock(queue.mutex);
    queue.waiting.clear();
    queue.clients.release(workers);
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
        Flags("Detached threads.", options)
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
        running.end_all();
        std::printf("connections %ld\nquestions %ld\n", connections.load(), questions.load());
    });
}
