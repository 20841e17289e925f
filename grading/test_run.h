// One run of one test: its driver as a process, in a pod where pods are to be had.
#pragma once

#include "grading/runner.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace grading {

class TestRun {
public:
    // Starts it. Borrows the options. Throws std::system_error.
    TestRun(const RunOptions& options, const std::string& test);

    [[nodiscard]] pid_t driver() const { return driver_.pid(); }
    [[nodiscard]] int pidfd() const { return driver_.pidfd(); }
    // Of its server, when runs have users of their own.
    [[nodiscard]] std::optional<uid_t> user() const { return user_; }
    // Until its time is over; then not positive.
    [[nodiscard]] harness::Seconds left() const;
    // The server was stopped, for it took too much.
    void note_that_memory_ran_out() { took_too_much_memory_ = true; }

    // What came of it, once: when the driver has ended, or else has had its time and is ended now.
    // Nothing of the run is left behind then.
    std::optional<harness::Report> outcome();
    // Ends it with all that it has started; there is no outcome.
    void stop();

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] std::filesystem::path result_file() const { return folder_ / "result.json"; }
    [[nodiscard]] harness::Seconds age() const { return Clock::now() - start_; }
    [[nodiscard]] harness::Command command() const;
    [[nodiscard]] harness::ExitStatus as_of_driver(harness::ExitStatus status) const;
    [[nodiscard]] harness::Report read_report(const std::string& how_it_ended) const;
    harness::Report take_report(const std::string& how_it_ended);

    const RunOptions& options_;
    std::string test_;
    Clock::time_point start_ = Clock::now();
    harness::UniqueFd output_;     // of the driver
    std::filesystem::path folder_; // that it writes to
    std::unique_ptr<Cgroup> cgroup_;
    std::optional<uid_t> user_;
    bool took_too_much_memory_ = false;
    harness::ChildProcess driver_; // the last one: it is started with the others
};

} // namespace grading
