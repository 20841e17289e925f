// What blocking threads cost at least, for lab 03 in bench-core: the same conversation in a thread
// for each client, or with the argument `pool` in four threads fed through a queue. The system
// calls that it needs and nothing else: no flags, no checks, no counting, no end.

#include "tests/bench/bare.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace {

void serve(int peer)
{
    std::array<char, 4096> buffer;
    while (::recv(peer, buffer.data(), buffer.size(), 0) > 0) {
        const auto reply = bench::zen_answer(buffer[0]);
        ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    ::close(peer);
}

class Queue {
public:
    void put(int peer)
    {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(peer);
        }
        changed_.notify_one();
    }

    int take()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !waiting_.empty(); });
        const int peer = waiting_.front();
        waiting_.pop_front();
        return peer;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<int> waiting_;
};

} // namespace

int main(int argc, char* argv[])
{
    const bool pool = argc > 1 && std::string_view(argv[1]) == "pool";
    const int listener = bench::open_on_any_port(SOCK_STREAM);
    Queue queue;
    for (int worker = 0; pool && worker < 4; ++worker) {
        std::thread([&queue] {
            for (;;) {
                serve(queue.take());
            }
        }).detach();
    }
    for (;;) {
        const int peer = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        pool ? queue.put(peer) : std::thread(serve, peer).detach();
    }
}
