// Ctrl-C and its kin, as something to wait for beside a process.
#pragma once

#include "tests/harness/spawn.h"

#include <exception>
#include <vector>

namespace grading {

// Somebody asked us to stop: thrown once everything that we started is gone.
class Interrupted : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

// While it lives, SIGINT, SIGTERM and SIGHUP wait to be noticed by wait_for_any().
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // Sleeps until one of the processes ends (harness::ChildProcess::pidfd()), at most so long.
    // Throws Interrupted when it was a signal that woke us.
    void wait_for_any(const std::vector<int>& pidfds, harness::Seconds most);

private:
    sigset_t before_{};
    harness::UniqueFd signals_;
};

} // namespace grading
