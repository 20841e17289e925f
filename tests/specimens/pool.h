// Processes, so many at a time.
#pragma once

#include "grading/interrupt.h"
#include "tests/harness/spawn.h"

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>

namespace specimens {

class Pool {
public:
    // Nothing instead of a status: it took too long and was killed.
    using Ended = std::function<void(const std::optional<harness::ExitStatus>& status,
                                     const std::string& output)>;

    // Borrows the interrupt. No process may take longer than `limit`.
    Pool(std::size_t at_a_time, grading::Interrupt& interrupt,
         harness::Seconds limit = harness::Seconds(120));
    // Kills those that still run, and all that they started.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Starts it as soon as there is room. Throws Interrupted.
    void start(harness::Command command, Ended ended);
    void wait_for_all();

private:
    using Clock = std::chrono::steady_clock;
    struct Running {
        harness::ChildProcess process;
        harness::UniqueFd output;
        Clock::time_point deadline;
        Ended ended;
    };

    // Waits until one of them ends, or has had its time.
    void wait();

    std::size_t at_a_time_;
    grading::Interrupt& interrupt_;
    Clock::duration limit_;
    std::list<Running> running_;
};

std::size_t cores();

} // namespace specimens
