// A network of this process's own: what others do on this machine's cannot disturb it.
#pragma once

#include <cstddef>

namespace harness {

// From now on this process and its children have a loopback device that nobody else uses, and room
// for so many connections in TIME_WAIT (tcp_max_tw_buckets in tcp(7)). For a process with a single
// thread. False: the kernel allows no namespaces here (network_namespaces(7)), nothing has changed.
bool enter_own_network(std::size_t room_for_time_waits);

} // namespace harness
