// Watches what the strangers in our pods use of the memory, from outside, for machines without a
// cgroup to do it.
#pragma once

#include "tests/harness/spawn.h"

#include <chrono>
#include <cstdint>
#include <vector>

namespace grading {

class MemoryWatch {
public:
    // Look so often: two processors fill some 200 MB in the meantime.
    static constexpr harness::Seconds interval{0.025};

    enum class Where { in_jails, anywhere };

    // Of pods whose processes are this user's; or of whatever is this user's.
    MemoryWatch(std::uint64_t most, uid_t user, Where where = Where::in_jails)
        : most_(most), user_(user), where_(where)
    {
    }

    // The pods, given by their first processes, in whose jails there was more than that: what was
    // there is gone. Cheap unless the machine's free memory shrinks.
    std::vector<pid_t> look(const std::vector<pid_t>& pods);

private:
    std::uint64_t most_;
    uid_t user_;
    Where where_;
    std::uint64_t free_ = 0; // when we last looked closely
    std::chrono::steady_clock::time_point looked_{};
};

} // namespace grading
