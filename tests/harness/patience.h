// How long a test waits for what a right server does at once. Paid only by failing servers, hence
// generous; scaled by how slow this machine is now, hence the same verdict on a loaded one.
#pragma once

#include "common/stop.h"

#include <functional>
#include <string>

namespace harness {

using lab::Seconds;

// How many times slower than an idle machine this one is now: 1 or more, measured.
double measure_slowness();

// How long to wait before a test fails: some seconds × the slowness measured at the first call.
Seconds patience();

// One wait of a test. It ends after patience(), or later when this machine has become slower
// meanwhile.
class Wait {
public:
    [[nodiscard]] Seconds left() const; // not negative
    bool is_over();

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    Seconds limit_ = patience();
    bool extended_ = false;
};

// Ends the test when a wait is over: it fails, or is inconclusive should the machine be so much
// slower than at the start that it cannot judge.
[[noreturn]] void fail_after_waiting(const std::string& awaited, const std::string& got);

class ServerProcess;

// Waits until the fact holds, looking at growing intervals. The test fails at once when the server
// dies meanwhile, and when patience ends: it says that `awaited` did not come, and `got` what was
// there instead. Should the machine have become much slower meanwhile, it is inconclusive.
void eventually(ServerProcess& server, const std::string& awaited,
                const std::function<bool()>& fact, const std::function<std::string()>& got);

} // namespace harness
