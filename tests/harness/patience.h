// How long a test waits for what a right server does at once. Paid only by failing servers, hence
// generous; scaled by how slow this machine is now, hence the same verdict on a loaded one.
#pragma once

#include "common/stop.h"
#include "tests/harness/opportunity.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace harness {

// What a right server takes at most for what it does at once, on an idle machine: generous.
constexpr Seconds patience_when_idle{4};

// What a right server takes at most for a whole test, of time that it could use: the longest takes
// some seconds. Else many waits, each of them in time, would have the grader end a driver whose
// test can then blame nobody. Less than the grader allows a driver.
constexpr Seconds most_of_a_test{60};

// How many times slower than an idle machine this one is now: 1 or more, measured.
double measure_slowness();

// How long to wait before a test fails: some seconds × the slowness measured at the first call.
Seconds patience();

class ServerProcess;

// Whether the test that runs, its waits all together, has taken so much of its server's time.
bool test_has_taken(const ServerProcess& server, Seconds most);

// One wait of a test, for something that this server is to do. It ends after patience(), or later
// when this machine has become slower meanwhile, or has not let the server run for as long as one
// on an idle machine might take; and earlier when the server has slept all that while: no load
// keeps it from what it does not do. Fails when the test has taken most_of_a_test.
class Wait {
public:
    explicit Wait(ServerProcess& server, Seconds limit = patience());

    // How long to wait before asking again whether it is over. Not negative.
    [[nodiscard]] Seconds left() const;
    bool is_over();
    // Ends the test when the wait is over: it fails, or is inconclusive should the server not have
    // come to run for long enough.
    [[noreturn]] void fail(const std::string& awaited, const std::string& got) const;

private:
    using Clock = std::chrono::steady_clock;
    void look();
    [[nodiscard]] bool slept_through() const;
    [[nodiscard]] bool had_its_time() const;

    ServerProcess& server_;
    Clock::time_point start_ = Clock::now();
    Seconds limit_;
    Clock::time_point last_look_ = start_;
    std::optional<std::uint64_t> naps_; // of the server, at the last look
    Clock::time_point asleep_since_ = start_;
    Opportunity opportunity_;
};

// Waits until the fact holds, looking at growing intervals. The test fails at once when the server
// dies meanwhile, and when patience ends: it says that `awaited` did not come, and `got` what was
// there instead. Should the machine hardly have let the server run, it is inconclusive.
void eventually(ServerProcess& server, const std::string& awaited,
                const std::function<bool()>& fact, const std::function<std::string()>& got);

} // namespace harness
