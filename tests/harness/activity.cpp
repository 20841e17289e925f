// How busy a server is: what ServerProcess asks the kernel's accounting (proc.h) about it.

#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <sys/syscall.h>

namespace harness {

namespace {

// Asleep by the clock, and about to wake: to answer after its --think-time, say. Not so when it has
// woken and gone back to sleep twice since `naps` began: it looks now and then, and found nothing.
bool will_wake(const Task& task, std::map<pid_t, std::uint64_t>& naps)
{
    if (task.system_call != SYS_nanosleep && task.system_call != SYS_clock_nanosleep) {
        return false;
    }
    const auto first_nap = naps.try_emplace(task.id, task.timeslices).first->second;
    return task.timeslices < first_nap + 2;
}

using Clock = std::chrono::steady_clock;

// A server's tasks, as they were at some time between begin and end.
struct Reading {
    Clock::time_point begin = Clock::now();
    std::vector<Task> tasks;
    Clock::time_point end;

    explicit Reading(const ServerProcess& server) : tasks(server.tasks()), end(Clock::now()) {}
    [[nodiscard]] bool asleep() const
    {
        return std::ranges::all_of(
            tasks, [](const Task& task) { return task.state != 'R' && task.state != 'D'; });
    }
    // Unchanged when none of them has run between two readings.
    [[nodiscard]] std::uint64_t activity() const
    {
        std::uint64_t total = 0;
        std::ranges::for_each(tasks, [&](const Task& t) { total += t.cpu_ns + t.timeslices; });
        return total;
    }
};

// What tasks did between two readings, by the kernel's accounts: the time that they slept is what
// is left of the clock's without their time on a processor and their wait for one. So it says the
// same on any machine, however loaded. Of tasks that are awake a wait is not told yet.
class Stretch {
public:
    Stretch(const Reading& first, const Reading& last)
    {
        const Seconds length = last.begin - first.end;
        for (const Task& now : last.tasks) {
            if (now.state == '\0') {
                continue; // it went while it was read
            }
            const auto found = std::ranges::find(first.tasks, now.id, &Task::id);
            const Task before = found == first.tasks.end() ? Task() : *found;
            const Seconds cpu = std::chrono::nanoseconds(now.cpu_ns - before.cpu_ns);
            const Seconds waited = std::chrono::nanoseconds(now.waited_ns - before.waited_ns);
            cpu_ += cpu;
            quiet_ = quiet_ && is_quiet(static_cast<double>(now.sleeps - before.sleeps),
                                        length - cpu - waited);
        }
    }

    [[nodiscard]] bool quiet() const { return quiet_; } // each of them
    [[nodiscard]] Seconds cpu() const { return cpu_; }

private:
    // Woken no more often than after every 20 ms of sleep. What it did then may take long: poll(2)
    // of ten thousand sockets does. One more: some milliseconds are always missing in the accounts.
    static bool is_quiet(double wakes, Seconds slept)
    {
        constexpr double most_wakes = 50; // a second of sleep
        return wakes + 1 < most_wakes * slept.count();
    }

    Seconds cpu_{0};
    bool quiet_ = true;
};

// Looks again and again until it has seen a server sleep, or is certain that it does not.
class SpinWatch {
public:
    explicit SpinWatch(Reading first) : first_(std::move(first)), begin_(first_), last_(first_) {}

    // True when it sleeps.
    bool look(Reading now)
    {
        constexpr int unchanged_readings = 3;
        const bool asleep = now.asleep();
        unchanged_ = asleep && now.activity() == last_.activity() ? unchanged_ + 1 : 0;
        if (asleep && now.begin - begin_.end >= long_enough_) {
            if (Stretch(begin_, now).quiet()) {
                return true;
            }
            ++noisy_;
            long_enough_ *= 2; // the longer, the less it matters when just a reading was made
            begin_ = now;
        }
        last_ = std::move(now);
        return unchanged_ >= unchanged_readings;
    }
    // No load explains that: it has worked for as long as one on an idle machine may take, and
    // hardly slept; or it has woken again and again while others had their time.
    [[nodiscard]] bool spins() const
    {
        constexpr int enough = 3;
        const Stretch whole(first_, last_);
        return (whole.cpu() >= patience_when_idle && !whole.quiet()) ||
               (noisy_ >= enough && last_.begin - first_.end >= patience());
    }

private:
    Reading first_;
    Reading begin_; // of the stretch that is looked at
    Reading last_;
    Seconds long_enough_{0.4};
    int unchanged_ = 0;
    int noisy_ = 0;
};

} // namespace

std::vector<Task> ServerProcess::tasks() const
{
    std::vector<Task> all;
    for (const pid_t process : processes()) {
        std::ranges::move(tasks_of(process), std::back_inserter(all));
    }
    return all;
}

bool ServerProcess::all_blocked(std::map<pid_t, std::uint64_t>& naps)
{
    return std::ranges::all_of(tasks(), [&](const Task& task) {
        const bool dead = task.state == 'Z' || task.state == 'X' || task.state == '\0';
        return dead || (task.state == 'S' && !task.signal_pending && !will_wake(task, naps));
    });
}

void ServerProcess::wait_until_idle()
{
    std::map<pid_t, std::uint64_t> naps; // time slices of each task that sleeps by the clock
    eventually(
        *this, "a server that waits for its clients",
        [&] {
            const auto before = Reading(*this).activity();
            return all_blocked(naps) && Reading(*this).activity() == before && all_blocked(naps);
        },
        [] { return "one that is still busy"; });
}

void ServerProcess::wait_until_asleep()
{
    constexpr Seconds most_work{1}; // far more than a conversation takes
    constexpr Seconds until_next_look{0.001};
    const Reading first(*this);
    Reading last = first;
    Wait wait(*this);
    while (!wait_for_death(until_next_look) && !wait.is_over()) {
        Reading now(*this);
        const bool asleep = now.asleep() && now.activity() == last.activity();
        if (asleep || Stretch(first, now).cpu() >= most_work) {
            return;
        }
        last = std::move(now);
    }
}

void ServerProcess::expect_no_spin(const std::string& while_what)
{
    using namespace std::chrono_literals;
    step("looked whether the server sleeps " + while_what);
    const std::string awaited = "a server that sleeps " + while_what;
    const char* const busy = "one that keeps the processor busy";
    SpinWatch watch{Reading(*this)};
    eventually(
        *this, awaited,
        [&] {
            if (wait_for_death(Seconds(0))) {
                return false; // the dead are quiet
            }
            if (watch.look(Reading(*this))) {
                return true;
            }
            if (watch.spins()) {
                fail(awaited, busy);
            }
            // The reading's own distance: long enough for a spin to show between two.
            return wait_for_death(10ms) && false;
        },
        [&] { return std::string(busy); });
}

} // namespace harness
