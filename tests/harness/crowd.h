// Very many connections to one server that say nothing.
#pragma once

#include "common/unique_fd.h"
#include "tests/harness/server_process.h"

#include <cstddef>
#include <vector>

namespace harness {

// Lets this process, and the servers that it starts from now on, have so many descriptors; skips
// the test where the system does not allow it (ulimit -Hn).
void make_room_for_descriptors(std::size_t count);

class Crowd {
public:
    explicit Crowd(ServerProcess& server) : server_(&server) {}

    // Connects so many more, and waits until the server has accepted all that there are.
    void grow(std::size_t count);
    // Resets all of them, one right after the other.
    void leave();
    [[nodiscard]] std::size_t size() const { return members_.size(); }

private:
    void connect_one();
    void wait_until_accepted();

    ServerProcess* server_;
    std::vector<lab::UniqueFd> members_;
};

} // namespace harness
