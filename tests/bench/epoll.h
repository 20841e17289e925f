// epoll for the loads: who has something to read.
#pragma once

#include "common/errors.h"
#include "common/unique_fd.h"
#include "tests/bench/target.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <stdexcept>

#include <sys/epoll.h>

namespace bench {

class Epoll {
public:
    void add(int socket, std::size_t index)
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = index;
        lab::check(::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
    }

    // The next events; throws when none comes for too long.
    std::span<const epoll_event> wait()
    {
        constexpr int limit = static_cast<int>(patience.count() * 1000);
        const int count =
            ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), limit);
        if (count == 0) {
            throw std::runtime_error("the server has fallen silent under load");
        }
        return {events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count)};
    }

private:
    lab::UniqueFd fd_{lab::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
    std::array<epoll_event, 256> events_{};
};

} // namespace bench
