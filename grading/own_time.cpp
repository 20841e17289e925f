#include "grading/own_time.h"

#include "tests/harness/opportunity.h"
#include "tests/harness/proc.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

namespace grading {

namespace {

std::vector<harness::Task> tasks_below(pid_t top)
{
    std::vector<harness::Task> all = harness::tasks_of(top);
    for (const pid_t pid : harness::descendants(top)) {
        std::ranges::move(harness::tasks_of(pid), std::back_inserter(all));
    }
    return all;
}

} // namespace

std::optional<harness::ExitStatus>
wait_for_own_time(harness::ChildProcess& process, harness::Seconds most,
                  const std::function<void(harness::Seconds)>& pause)
{
    using Clock = std::chrono::steady_clock;
    constexpr double slowest = 15;
    const auto deadline = Clock::now() + most * slowest;
    harness::Opportunity opportunity;
    while (!process.status() && opportunity.had() < most && Clock::now() < deadline) {
        opportunity.look(tasks_below(process.pid()));
        pause(std::min(most, harness::Opportunity::interval));
    }
    return process.status();
}

} // namespace grading
