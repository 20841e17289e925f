#include "tests/harness/patience.h"

#include "common/errors.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <algorithm>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {

namespace {

constexpr double most_slowness = 15;
// A machine that has become so much slower since the start cannot judge the server.
constexpr double changed_too_much = 3;

constexpr Seconds look_interval{0.25}; // between two looks at whether the server sleeps

constexpr int rounds = 8;
constexpr Seconds round_when_idle{0.0005};

void one_round()
{
    const pid_t pid = lab::check(::fork(), "fork");
    if (pid == 0) {
        ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
}

double initial_slowness()
{
    static const double measured = measure_slowness();
    return measured;
}

} // namespace

double measure_slowness()
{
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        one_round(); // scheduling, as servers need it: a process is made, runs, ends, is reaped
    }
    const Seconds took = std::chrono::steady_clock::now() - start;
    return std::clamp(took / (rounds * round_when_idle), 1.0, most_slowness);
}

Seconds patience()
{
    return patience_when_idle * initial_slowness();
}

Wait::Wait(ServerProcess& server, Seconds limit) : server_(server), limit_(limit) {}

Seconds Wait::left() const
{
    const Seconds passed = Clock::now() - start_;
    return std::clamp(limit_ - passed, Seconds(0), look_interval);
}

bool Wait::slept_through()
{
    const auto now = Clock::now();
    if (slept_ || now < next_look_) {
        return slept_;
    }
    next_look_ = now + std::chrono::duration_cast<Clock::duration>(look_interval);
    const auto naps = server_.naps();
    if (!naps || naps != naps_) {
        naps_ = naps;
        asleep_since_ = now;
    }
    slept_ = now - asleep_since_ >= patience_when_idle;
    return slept_;
}

bool Wait::is_over()
{
    if (slept_through()) {
        return true;
    }
    if (Clock::now() - start_ < limit_) {
        return false;
    }
    limit_ = std::max(limit_, patience_when_idle * measure_slowness());
    return Clock::now() - start_ >= limit_;
}

void Wait::fail(const std::string& awaited, const std::string& got) const
{
    if (!slept_ && measure_slowness() > changed_too_much * initial_slowness()) {
        inconclusive("the machine became too slow while waiting for: " + awaited);
    }
    harness::fail(awaited, got);
}

void eventually(ServerProcess& server, const std::string& awaited,
                const std::function<bool()>& fact, const std::function<std::string()>& got)
{
    using namespace std::chrono_literals;
    Wait wait(server);
    auto interval = 100us;
    while (!fact()) {
        if (server.wait_for_death(interval) && !fact()) {
            server.fail_because_dead(awaited);
        }
        if (wait.is_over() && !fact()) {
            wait.fail(awaited, got());
        }
        server.expect_bounded();
        interval = std::min<std::chrono::microseconds>(interval * 2, 2ms);
    }
}

} // namespace harness
