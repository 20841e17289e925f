#include "tests/harness/opportunity.h"

#include <algorithm>
#include <utility>

namespace harness {

Seconds opportunity_between(const std::vector<Task>& before, const std::vector<Task>& now,
                            Seconds between)
{
    Seconds longest_wait{0};
    Seconds worked{0};
    for (const Task& task : now) {
        const auto found = std::ranges::find(before, task.id, &Task::id);
        const Task old = found == before.end() ? Task() : *found;
        // The kernel tells a wait when it is over. One who is new has not waited for long.
        const bool waits_still = found != before.end() && task.state == 'R' &&
                                 task.timeslices == old.timeslices && task.cpu_ns == old.cpu_ns;
        const Seconds waited = std::chrono::nanoseconds(task.waited_ns - old.waited_ns);
        longest_wait = std::max(longest_wait, waits_still ? between : waited);
        worked += std::chrono::nanoseconds(task.cpu_ns - old.cpu_ns);
    }
    return std::max(between - longest_wait, worked);
}

void Opportunity::look(std::vector<Task> tasks)
{
    const auto now = Clock::now();
    if (tasks_) {
        had_ += opportunity_between(*tasks_, tasks, now - at_);
    }
    tasks_ = std::move(tasks);
    at_ = now;
}

} // namespace harness
