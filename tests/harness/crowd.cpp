#include "tests/harness/crowd.h"

#include "common/errors.h"
#include "tests/harness/patience.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace harness {

namespace {

// Connected and not yet accepted, however many sockets listen on that port.
std::size_t waiting_at(std::uint16_t port)
{
    std::size_t count = 0;
    for (const SocketInfo& info : listening_sockets()) {
        count += info.local.port() == port ? info.receive_queue : 0;
    }
    return count;
}

// Their ports come from another address than everybody else's, so that thousands of them leave no
// server without a free one.
void take_an_address_of_its_own(int socket)
{
    const int on = 1; // the port is chosen by connect, which may take one that is in use elsewhere
    lab::check(::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)),
               "IP_BIND_ADDRESS_NO_PORT");
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7F'4D'00'02U); // 127.77.0.2
    lab::check(::bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof(from)), "bind");
}

// Resets when it closes: 10,000 ends in TIME_WAIT would be in the way of the next test.
void reset_at_close(int socket)
{
    const linger at_once{1, 0};
    lab::check(::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
}

} // namespace

void make_room_for_descriptors(std::size_t count)
{
    rlimit limit{};
    lab::check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    if (limit.rlim_max < count) {
        skip("this test needs " + std::to_string(count) + " descriptors and may have " +
             std::to_string(limit.rlim_max) + " (ulimit -Hn)");
    }
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, count);
    lab::check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

void Crowd::connect_one()
{
    lab::UniqueFd socket(
        lab::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    take_an_address_of_its_own(socket.get());
    reset_at_close(socket.get());
    const lab::Address& to = server_->address();
    if (::connect(socket.get(), to.get(), to.length) == -1 && errno != EINPROGRESS) {
        fail("one more client to connect, after " + std::to_string(size()),
             std::generic_category().message(errno));
    }
    members_.push_back(std::move(socket));
}

void Crowd::wait_until_accepted()
{
    eventually(
        *server_, std::to_string(size()) + " silent clients, all of them accepted",
        [&] {
            pollfd last{members_.back().get(), POLLOUT, 0};
            return ::poll(&last, 1, 0) == 1 && waiting_at(server_->address().port()) == 0;
        },
        [&] {
            return std::to_string(waiting_at(server_->address().port())) +
                   " that wait for their turn";
        });
}

void Crowd::grow(std::size_t count)
{
    constexpr std::size_t at_a_time = 100; // no backlog is shorter
    step("connected " + std::to_string(count) + " clients that say nothing");
    for (std::size_t i = 1; i <= count; ++i) {
        connect_one();
        if (i % at_a_time == 0 || i == count) {
            wait_until_accepted();
        }
    }
}

void Crowd::leave()
{
    step("reset the connections of the " + std::to_string(size()) + " silent clients");
    members_.clear();
}

} // namespace harness
