// What the kernel says of UDP sockets: by sock_diag(7), or by /proc/net/udp and /proc/net/udp6
// (proc(5)) where it has no udp_diag.
#pragma once

#include "tests/harness/sock_diag.h"

#include <cstdint>
#include <vector>

namespace harness {

// Those of this network namespace with that local port. Throws std::system_error.
std::vector<UdpSocket> udp_sockets(std::uint16_t local_port);

} // namespace harness
