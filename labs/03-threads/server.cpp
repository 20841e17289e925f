// Lab to complete: do the TODOs in the order of their numbers, with README.md beside this file.
// Lab 03: a thread for each client, then a bounded pool. One process, one memory: what two threads
// touch, a mutex guards; what a thread waits for, another one must tell it.
//
//     per-connection  accept ──► start a thread ──► recv ⇄ send ──► end      joined by main later
//     pool            accept ──► put ─► [ queue of M ] ─► take ──► recv ⇄ send ──► take the next
//                            full: main waits    empty: the N workers wait

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
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <pthread.h>
#include <sys/socket.h>

using namespace lab;

namespace {

constexpr Seconds retry_pause{0.1}; // before asking again for a descriptor that was refused
constexpr auto look_again = std::chrono::milliseconds(200); // at stopping(): no signal ends a wait
constexpr auto insist_after = std::chrono::milliseconds(10);

// A number that every thread may add to.
class Counter {
public:
    void add_one()
    {
        // TODO(5): add one. `++` reads, adds and writes: no other thread may come between.
        todo(5);
    }
    long value()
    {
        const std::lock_guard lock(mutex_);
        return value_;
    }

private:
    std::mutex mutex_;
    long value_ = 0;
};

struct Statistics {
    Counter connections;
    Counter questions;
};

// The threads that main has started and not yet joined. Main alone touches the list.
class Threads {
public:
    // Starts a thread of this name (15 letters at most) that does this work, once.
    template <class Work> void start(const std::string& name, Work work)
    {
        // TODO(3): start a thread that takes its name, does the work, and says that it has ended. With
        // no room for a thread, log it and go on: who was to be served is let go with the work.
        todo(3);
    }

    void join_ended()
    {
        // TODO(2): join the threads that have ended: each one keeps its stack until then.
        todo(2);
    }

    void end_all()
    {
        // TODO(6): wake every thread that sleeps in a call, until all have ended and are joined.
        todo(6);
    }

    [[nodiscard]] bool empty() const { return all_.empty(); }

private:
    struct Thread {
        std::atomic<bool> ended = false;
        std::jthread handle; // last, hence joined before `ended` goes
    };
    std::list<Thread> all_;
};

// Clients between the thread that accepts and those that serve.
class Queue {
public:
    explicit Queue(int most) : most_(static_cast<std::size_t>(most)) {}

    // Main's side. While the queue is full, later clients wait in the backlog.
    void put(UniqueFd peer)
    {
        // TODO(9): wait until there is room, append the client, wake one worker.
        todo(9);
    }

    // A worker's side. Nothing: the queue is closed.
    std::optional<UniqueFd> take()
    {
        // TODO(8): wait until there is a client or the end, and make room for the next one.
        todo(8);
    }

    void close()
    {
        // TODO(10): tell every worker that nobody comes any more.
        todo(10);
    }

private:
    const std::size_t most_;
    std::mutex mutex_; // of all that follows
    std::condition_variable changed_clients_;
    std::condition_variable changed_room_;
    std::deque<UniqueFd> waiting_;
    bool closed_ = false;
};

// One client from hello to goodbye, in whatever thread this is.
void serve(UniqueFd peer, const Options& options, Statistics& statistics)
{
    // TODO(4): count the client, talk with it, count each reply; what goes wrong ends this client only.
    todo(4);
}

// Gives each client away as soon as it is accepted.
void accept_clients(int listener, const std::function<void(UniqueFd)>& give_away)
{
    // TODO(1): say where we listen, then accept and give away one client after the other.
    todo(1);
}

void serve_with_a_thread_each(int listener, const Options& options, Statistics& statistics)
{
    Threads threads;
    int number = 0;
    accept_clients(listener, [&](UniqueFd accepted) {
        threads.join_ended();
        threads.start("client-" + std::to_string(++number),
                      [&, peer = std::move(accepted)]() mutable { // moved: the thread's own
                          serve(std::move(peer), options, statistics);
                      });
    });
    threads.end_all();
}

void serve_with_a_pool(int listener, int workers, int most_waiting, const Options& options,
                       Statistics& statistics)
{
    Queue queue(most_waiting);
    Threads threads;
    // TODO(7): start the workers: each serves the clients that it takes, until there are no more to
    // come.
    todo(7);
    if (threads.empty()) {
        throw std::runtime_error("there is no room for a single worker");
    }
    accept_clients(listener, [&](UniqueFd peer) { queue.put(std::move(peer)); });
    queue.close();
    threads.end_all();
}

// A socket to which clients can connect from now on.
UniqueFd listen_on(const Options& options)
{
    const Address address = resolve(options.host, options.port_or_default());
    UniqueFd listener(check(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1; // else bind fails for a minute after a restart: old connections in TIME_WAIT
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
        Flags("A thread for each client, or a bounded pool of threads.", options)
            .add("--model", model, {"per-connection", "pool"}, "who serves a client")
            .add("--workers", workers, 1, "threads of the pool")
            .add("--queue", most_waiting, 1, "clients that may wait for a worker")
            .parse(argc, argv);
        stop_on_signals();
        const UniqueFd listener = listen_on(options);
        Statistics statistics;
        if (model == "pool") {
            serve_with_a_pool(listener.get(), workers, most_waiting, options, statistics);
        } else {
            serve_with_a_thread_each(listener.get(), options, statistics);
        }
        std::printf("connections %ld\nquestions %ld\n", statistics.connections.value(),
                    statistics.questions.value());
    });
}
