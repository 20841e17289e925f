#include "tests/harness/patience.h"

#include "common/errors.h"
#include "tests/harness/proc.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {

namespace {

constexpr double most_slowness = 15;
constexpr int rounds = 8;
constexpr Seconds round_when_idle{0.0005};

int rounds_made = 0;

// Returns the number that its process had.
pid_t one_round()
{
    ++rounds_made;
    const pid_t pid = lab::check(::fork(), "fork");
    if (pid == 0) {
        ::_exit(0);
    }
    ::waitpid(pid, nullptr, 0);
    return pid;
}

// How often the tasks were put to sleep so far, all together; nothing while one of them runs, is
// about to, or is stopped. Unchanged at a later look: they slept all the time between.
std::optional<std::uint64_t> naps_of(const std::vector<Task>& tasks)
{
    std::uint64_t total = 0;
    for (const Task& task : tasks) {
        if (task.state == 'R' || task.state == 'D' || task.state == 'T') {
            return std::nullopt;
        }
        total += task.timeslices;
    }
    return total;
}

// What the servers of the test that runs could use of its time so far.
class TestTime {
public:
    void look(const ServerProcess& server)
    {
        if (test_ != stories_begun()) {
            *this = TestTime();
            test_ = stories_begun();
        }
        if (opportunity_.wants_a_look()) {
            std::vector<Task> tasks = server.tasks();
            std::ranges::move(tasks_of(::getpid()), std::back_inserter(tasks));
            opportunity_.look(std::move(tasks));
            count_processes();
        }
    }
    [[nodiscard]] Seconds taken() const { return opportunity_.had(); }
    // Processes and threads that the servers have made, those that have gone counted.
    [[nodiscard]] int processes() const { return last_number_ - first_number_; }

private:
    // In a pod numbers go up by one with each (pid_namespaces(7)), and nobody else is there.
    void count_processes()
    {
        if (has_jail()) {
            last_number_ = one_round() - rounds_made;
            first_number_ = first_number_ == 0 ? last_number_ : first_number_;
        }
    }

    int test_ = 0;
    int first_number_ = 0;
    int last_number_ = 0;
    // Our own waits for a processor are no time of the server's, either.
    Opportunity opportunity_{Seconds(1)};
};

TestTime& test_time(const ServerProcess& server)
{
    static TestTime time;
    time.look(server);
    return time;
}

// No load explains either. Who makes children that live for a moment has worked as long as he
// likes, and no account of his tasks shows it.
void expect_end_of_test(const ServerProcess& server)
{
    constexpr int most_processes = 10'000; // the largest crowd of a test is a thousand
    const TestTime& time = test_time(server);
    if (time.taken() >= most_of_a_test) {
        const auto seconds = static_cast<int>(most_of_a_test.count());
        fail("a server that brings this test to its end",
             "one that is late again and again: " + std::to_string(seconds) + " s altogether");
    }
    if (time.processes() >= most_processes) {
        fail("a server with a process or a thread or so for each client",
             "one that makes them without end: " + std::to_string(time.processes()) + " so far");
    }
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
    static const double initial_slowness = measure_slowness();
    return patience_when_idle * initial_slowness;
}

bool test_has_taken(const ServerProcess& server, Seconds most)
{
    return test_time(server).taken() >= most;
}

Wait::Wait(ServerProcess& server, Seconds limit) : server_(server), limit_(limit)
{
    expect_end_of_test(server);
}

Seconds Wait::left() const
{
    const Seconds passed = Clock::now() - start_;
    return std::clamp(limit_ - passed, Seconds(0), Opportunity::interval);
}

void Wait::look()
{
    if (!opportunity_.wants_a_look()) {
        return;
    }
    last_look_ = Clock::now();
    std::vector<Task> tasks = server_.tasks();
    const auto naps = naps_of(tasks);
    if (!naps || naps != naps_) {
        naps_ = naps;
        asleep_since_ = last_look_;
    }
    opportunity_.look(std::move(tasks));
}

bool Wait::slept_through() const
{
    return last_look_ - asleep_since_ >= patience_when_idle;
}

bool Wait::had_its_time() const
{
    return slept_through() || opportunity_.had() >= patience_when_idle;
}

bool Wait::is_over()
{
    expect_end_of_test(server_);
    look();
    const Seconds passed = Clock::now() - start_;
    if (slept_through() || passed < limit_) {
        return slept_through();
    }
    if (!had_its_time()) {
        return passed >= std::max(limit_, patience_when_idle * most_slowness);
    }
    limit_ = std::max(limit_, patience_when_idle * measure_slowness());
    return passed >= limit_;
}

void Wait::fail(const std::string& awaited, const std::string& got) const
{
    if (!had_its_time()) {
        inconclusive("this machine hardly let the server run while it was to do this: " + awaited);
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
