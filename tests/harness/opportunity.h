// How much of the time a program could use, on a machine that others use too: by the kernel's
// accounts of its tasks, so it is the program's own time, however loaded the machine is.
#pragma once

#include "common/stop.h"
#include "tests/harness/proc.h"

#include <chrono>
#include <optional>
#include <vector>

namespace harness {

using lab::Seconds;

// Of the time between two looks at its tasks: all but what one of them waited for a processor; or
// what they worked, should that be more, for who keeps the processors busy himself lacks none.
Seconds opportunity_between(const std::vector<Task>& before, const std::vector<Task>& now,
                            Seconds between);

// Adds it up. The more often one looks, the less is missed of tasks that come and go.
class Opportunity {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr Seconds interval{0.25}; // between two looks, as a rule

    explicit Opportunity(Seconds between = interval) : between_(between) {}

    [[nodiscard]] bool wants_a_look() const { return !tasks_ || Clock::now() >= at_ + between_; }
    void look(std::vector<Task> tasks);
    [[nodiscard]] Seconds had() const { return had_; } // since the first look

private:
    Seconds between_;
    std::optional<std::vector<Task>> tasks_; // at the last look
    Clock::time_point at_;
    Seconds had_{0};
};

} // namespace harness
