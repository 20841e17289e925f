// What the kernel says of UDP sockets (/proc/net/udp, /proc/net/udp6; proc(5)).
#pragma once

#include "common/address.h"

#include <cstdint>
#include <vector>

namespace harness {

struct UdpSocket {
    lab::Address local;
    std::uint32_t receive_queue = 0; // memory that datagrams take which wait to be received
    std::uint64_t inode = 0;         // 0: no process has it open
    std::uint64_t drops = 0;         // datagrams for which there was no room
};

// Those of this network namespace with that local port.
std::vector<UdpSocket> udp_sockets(std::uint16_t local_port);

} // namespace harness
