// What the kernel says of sockets (sock_diag(7)): exact, at once, for any address family, and
// without a connection that the server would notice.
#pragma once

#include "common/address.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace harness {

// Of the kernel's net/tcp_states.h.
enum class TcpState {
    established = 1,
    syn_sent,
    syn_received,
    fin_wait_1,
    fin_wait_2,
    time_wait,
    closed,
    close_wait,
    last_ack,
    listen,
    closing
};

struct SocketInfo {
    lab::Address local;
    lab::Address remote;
    TcpState state{};
    // Bytes received and not yet read; of a listener: clients connected and not yet accepted.
    std::uint32_t receive_queue = 0;
    // Bytes sent and not yet acknowledged; of a listener: its backlog.
    std::uint32_t send_queue = 0;
    std::uint64_t inode = 0; // 0: no process has it open
    // tcp_connection() alone says these two:
    std::uint64_t bytes_received = 0; // since the connection began
    unsigned probes = 0; // of a peer's window that stayed closed, one after the other (tcp_info)
};

// The TCP sockets of this network namespace with that local port. Throws std::system_error.
std::vector<SocketInfo> tcp_sockets(std::uint16_t local_port);

// The end at `local` of the connection with `remote`, or nothing when there is none (any more).
std::optional<SocketInfo> tcp_connection(const lab::Address& local, const lab::Address& remote);

// How many connections the kernel has ended without TIME_WAIT in this network namespace, for want
// of room (TCPTimeWaitOverflow of /proc/net/netstat).
std::uint64_t missed_time_waits();

struct UdpSocket {
    lab::Address local;
    std::uint32_t receive_queue = 0; // memory that datagrams take which wait to be received
    std::uint64_t inode = 0;         // 0: no process has it open
    std::uint64_t drops = 0;         // datagrams for which there was no room
    std::uint32_t receive_room = 0;  // of its receive buffer (SO_RCVBUF); 0: /proc does not tell
};

// The UDP sockets of this network namespace with that local port; nothing from a kernel that cannot
// say it (built without udp_diag).
std::optional<std::vector<UdpSocket>> udp_sockets_by_diag(std::uint16_t local_port);

// Every listening TCP socket of this network namespace.
std::vector<SocketInfo> listening_sockets();

} // namespace harness
