// Watches what the strangers in our pods use of the memory, from outside, for machines without a
// cgroup to do it.
#pragma once

#include "tests/harness/spawn.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace grading {

class MemoryWatch {
public:
    // Look so often: two processors fill some 200 MB in the meantime.
    static constexpr harness::Seconds interval{0.025};

    explicit MemoryWatch(std::uint64_t most) : most_(most) {}
    // Without pods: of whatever is this user's.
    MemoryWatch(std::uint64_t most, uid_t user) : most_(most), user_(user), where_(Where::anywhere)
    {
    }

    // The pods, given by their first processes, in whose jails there was more than that: what was
    // there is gone. Cheap unless the machine's free memory shrinks.
    std::vector<pid_t> look(const std::vector<pid_t>& pods);

private:
    enum class Where { in_jails, anywhere };

    std::uint64_t most_;
    uid_t user_ = 0;
    Where where_ = Where::in_jails;
    std::uint64_t free_ = 0; // when we last looked closely
    // Shared memory of the whole machine, when we first did.
    std::optional<std::uint64_t> shared_at_first_{};
    std::chrono::steady_clock::time_point looked_{};
};

} // namespace grading
