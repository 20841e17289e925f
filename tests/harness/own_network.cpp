#include "tests/harness/own_network.h"

#include "common/errors.h"
#include "common/unique_fd.h"

#include <fstream>
#include <stdexcept>
#include <string>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace harness {

namespace {

void write_to(const std::string& file, const std::string& text)
{
    std::ofstream out(file);
    if (!(out << text << std::flush)) {
        throw std::runtime_error(file + " cannot be written");
    }
}

// Whoever is not root may have a network only in a user namespace, where nobody is anyone at first.
void remain(uid_t user, gid_t group)
{
    const auto as_before = [](auto id) {
        return std::to_string(id) + ' ' + std::to_string(id) + " 1";
    };
    write_to("/proc/self/setgroups", "deny");
    write_to("/proc/self/uid_map", as_before(user));
    write_to("/proc/self/gid_map", as_before(group));
}

void bring_up_loopback()
{
    const lab::UniqueFd any(lab::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    ifreq request{};
    std::string("lo").copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    lab::check(::ioctl(any.get(), SIOCSIFFLAGS, &request), "lo, to bring it up");
}

} // namespace

bool enter_own_network(std::size_t room_for_time_waits)
{
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (::unshare(user == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == -1) {
        return false;
    }
    if (user != 0) {
        remain(user, group);
    }
    bring_up_loopback();
    write_to("/proc/sys/net/ipv4/tcp_max_tw_buckets", std::to_string(room_for_time_waits));
    return true;
}

} // namespace harness
