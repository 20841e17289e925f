#include "common/clients/client.h"

#include "common/errors.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

namespace lab {

namespace {

using Clock = std::chrono::steady_clock;

constexpr Seconds longest_wait{1e8};  // three years: far from where the clock overflows
constexpr std::size_t piece = 65'536; // bytes received at a time

void wait_for(int socket, short event, Deadline deadline, const std::string& attempt)
{
    pollfd watched{socket, event, 0};
    int ready = -1;
    while ((ready = ::poll(&watched, 1, deadline.poll_timeout())) == -1 && errno == EINTR) {
    }
    if (check(ready, "poll") == 0) {
        throw std::system_error(ETIMEDOUT, std::generic_category(), attempt);
    }
}

std::string receive(int socket, std::size_t most, int flags, Deadline deadline,
                    const std::string& attempt)
{
    std::string bytes(std::min(most, piece), '\0');
    for (;;) {
        const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), flags | MSG_DONTWAIT);
        if (count >= 0) {
            bytes.resize(static_cast<std::size_t>(count));
            return bytes;
        }
        if (errno == EAGAIN) {
            wait_for(socket, POLLIN, deadline, attempt);
        } else if (errno != EINTR) {
            fail(attempt);
        }
    }
}

} // namespace

Deadline::Deadline(Seconds from_now)
    : moment_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                 std::clamp(from_now, Seconds::zero(), longest_wait)))
{
}

int Deadline::poll_timeout() const
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
}

UniqueFd connect_to(const Address& address, Deadline deadline)
{
    const std::string attempt = "connect " + to_string(address);
    constexpr int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    UniqueFd socket(check(::socket(address.family(), type, 0), "socket"));
    if (::connect(socket.get(), address.get(), address.length) == 0) {
        return socket;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        fail(attempt);
    }
    // Writable means that it is over; how it went is in SO_ERROR, and only there.
    wait_for(socket.get(), POLLOUT, deadline, attempt);
    int outcome = 0;
    socklen_t length = sizeof(outcome);
    check(::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &outcome, &length), "SO_ERROR");
    if (outcome != 0) {
        throw std::system_error(outcome, std::generic_category(), attempt);
    }
    return socket;
}

void send_all(int socket, std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        const ssize_t count =
            ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            wait_for(socket, POLLOUT, deadline,
                     "send, with " + std::to_string(bytes.size()) + " bytes left");
        } else if (errno != EINTR) {
            fail("send");
        }
    }
}

std::string receive_some(int socket, std::size_t most, Deadline deadline)
{
    return receive(socket, most, 0, deadline, "receive");
}

std::string receive_until(int socket, char last, std::size_t most, Deadline deadline)
{
    const std::string attempt = std::string("receive until '") + last + "'";
    std::string received;
    while (received.size() < most && !received.ends_with(last)) {
        // Look first, then take no more than is ours.
        const std::string seen =
            receive(socket, most - received.size(), MSG_PEEK, deadline, attempt);
        if (seen.empty()) {
            break;
        }
        const std::size_t ours = std::min(seen.find(last), seen.size() - 1) + 1;
        received += receive(socket, ours, 0, deadline, attempt);
    }
    return received;
}

} // namespace lab
