// Ports for tests that must name one.
#pragma once

#include <cstdint>

namespace harness {

// Reserves a TCP and UDP port that nobody uses and that the kernel gives to nobody: below its
// ephemeral range, locked until this process ends. Throws std::runtime_error when there is none.
std::uint16_t reserve_port();

} // namespace harness
