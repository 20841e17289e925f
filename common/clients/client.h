// The client's side of a connection: each call waits for the network, but never beyond a deadline.
//
// Sockets are borrowed and may be blocking or not. Only waiting is limited: what can be done at
// once is done, even after the deadline. Whatever goes wrong is a std::system_error that says what
// was attempted; the code of a missed deadline is ETIMEDOUT. Signals do not disturb (EINTR).
//
// Sources: poll(2), connect(2) on EINPROGRESS, send(2), recv(2) on MSG_DONTWAIT and MSG_PEEK.
#pragma once

#include "common/address.h"
#include "common/stop.h"
#include "common/unique_fd.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace lab {

// A moment of the steady clock. Made once and passed on, it limits a whole conversation.
class Deadline {
public:
    explicit Deadline(Seconds from_now);

    // The time that is left, as poll(2) wants it: milliseconds, rounded up; 0 when none is.
    [[nodiscard]] int poll_timeout() const;

private:
    std::chrono::steady_clock::time_point moment_;
};

// A new TCP connection. Its socket is non-blocking and closes on exec.
UniqueFd connect_to(const Address& address, Deadline deadline);

// All of the bytes. A peer that is gone is an error (EPIPE, ECONNRESET), never a signal.
void send_all(int socket, std::string_view bytes, Deadline deadline);

// What has come, as soon as something has: at least one byte and no more than `most` (1 or more).
// "" means end of file.
std::string receive_some(int socket, std::size_t most, Deadline deadline);

// Everything up to and with the first `last`; what follows stays with the kernel for the next call.
// The result ends otherwise when the peer has sent its end of file, or `most` bytes, before.
std::string receive_until(int socket, char last, std::size_t most, Deadline deadline);

} // namespace lab
