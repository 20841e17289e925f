// A window of numbered datagrams. One that does not come back in time is sent again.

#include "common/errors.h"
#include "tests/bench/loads.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>

namespace bench {

namespace {

constexpr std::size_t batch = 64;

struct Datagram {
    std::uint64_t slot = 0;
    std::uint64_t number = 0;
    std::array<char, 16> rest{};

    bool operator==(const Datagram&) const = default;
};
static_assert(sizeof(Datagram) == 32);

// sendmmsg and recvmmsg: the load must not be slower than the server.
class Batch {
public:
    Batch()
    {
        for (std::size_t i = 0; i < batch; ++i) {
            parts_[i] = {&datagrams_[i], sizeof(Datagram)};
            headers_[i].msg_hdr.msg_iov = &parts_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
        }
    }
    Datagram& operator[](std::size_t i) { return datagrams_[i]; }

    void send(int socket, std::size_t count)
    {
        for (std::size_t sent = 0; sent < count;) {
            sent += static_cast<std::size_t>(lab::check(
                ::sendmmsg(socket, headers_.data() + sent, static_cast<unsigned>(count - sent), 0),
                "sendmmsg"));
        }
    }

    // 0: nothing has come for a while.
    std::size_t receive(int socket)
    {
        const int count = ::recvmmsg(socket, headers_.data(), batch, MSG_WAITFORONE, nullptr);
        if (count == -1 && errno == EAGAIN) {
            return 0;
        }
        for (int i = 0; i < lab::check(count, "recvmmsg"); ++i) {
            if (headers_[static_cast<std::size_t>(i)].msg_len != sizeof(Datagram)) {
                throw std::runtime_error("a datagram of another length came back");
            }
        }
        return static_cast<std::size_t>(count);
    }

private:
    std::array<Datagram, batch> datagrams_{};
    std::array<iovec, batch> parts_{};
    std::array<mmsghdr, batch> headers_{};
};

class Window {
public:
    Window(const Target& server, int size)
        : socket_(lab::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")),
          on_their_way_(static_cast<std::size_t>(size))
    {
        const lab::Address& to = server.address();
        lab::check(::connect(socket_.get(), to.get(), to.length), "connect");
        const int room = 4 << 20;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
        const timeval too_long{0, 50'000};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &too_long, sizeof(too_long));
    }

    void run(int datagrams)
    {
        to_send_ = datagrams;
        for (std::size_t slot = 0; slot < on_their_way_.size(); ++slot) {
            renew(slot);
        }
        send_due();
        int silences = 0;
        for (int missing = datagrams; missing > 0; send_due()) {
            const std::size_t came = received_.receive(socket_.get());
            missing -= take(came);
            silences = came > 0 ? 0 : silences + 1;
            if (silences > 1'000) {
                throw std::runtime_error("no datagram comes back any more");
            }
            if (came == 0) {
                send_all_again();
            }
        }
    }

private:
    // How many of these were awaited; the others are late doubles.
    int take(std::size_t came)
    {
        int awaited = 0;
        for (std::size_t i = 0; i < came; ++i) {
            const Datagram& datagram = received_[i];
            const auto slot = static_cast<std::size_t>(datagram.slot);
            if (slot < on_their_way_.size() && on_their_way_[slot] == datagram) {
                ++awaited;
                renew(slot);
            }
        }
        return awaited;
    }

    void renew(std::size_t slot)
    {
        on_their_way_[slot] = {slot, 0, {}};
        if (to_send_ > 0) {
            --to_send_;
            on_their_way_[slot].number = ++last_number_;
            due_.push_back(slot);
        }
    }

    void send_all_again()
    {
        for (const Datagram& datagram : on_their_way_) {
            if (datagram.number != 0) {
                due_.push_back(static_cast<std::size_t>(datagram.slot));
            }
        }
    }

    void send_due()
    {
        for (std::size_t done = 0; done < due_.size();) {
            const std::size_t count = std::min(batch, due_.size() - done);
            for (std::size_t i = 0; i < count; ++i) {
                sent_[i] = on_their_way_[due_[done + i]];
            }
            sent_.send(socket_.get(), count);
            done += count;
        }
        due_.clear();
    }

    lab::UniqueFd socket_;
    std::vector<Datagram> on_their_way_; // by slot; number 0: none
    std::vector<std::size_t> due_;       // slots to be sent
    Batch sent_;
    Batch received_;
    int to_send_ = 0;
    std::uint64_t last_number_ = 0;
};

} // namespace

Cost udp_load(const Target& server, int window, int datagrams)
{
    Window load(server, window);
    load.run(datagrams / 10);
    const Meter meter(server);
    load.run(datagrams);
    return meter.cost(datagrams);
}

} // namespace bench
