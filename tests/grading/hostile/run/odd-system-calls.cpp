// Tries: system calls that no server of these labs needs and that had holes
// Tiers: AB
#include "tests/grading/hostile/prelude.h"

namespace {

// Refused is what the kernel never looks at.
void reach(const std::string& what, long result)
{
    const bool refused = result == -1 && (errno == EPERM || errno == ENOSYS || errno == EACCES);
    say(what + (refused ? std::string(": refused, ") + std::strerror(errno) : ": DONE"));
}

} // namespace

void attack(int /*argc*/, char** /*argv*/)
{
    std::array<char, 256> zeros{};
    reach("bpf", ::syscall(SYS_bpf, 0, zeros.data(), zeros.size()));
    reach("perf_event_open", ::syscall(SYS_perf_event_open, zeros.data(), 0, -1, -1, 0));
    reach("userfaultfd", ::syscall(SYS_userfaultfd, 0));
    reach("io_uring_setup", ::syscall(SYS_io_uring_setup, 8, zeros.data()));
    reach("add_key", ::syscall(SYS_add_key, "user", "k", "v", 1, -3));
    reach("keyctl", ::syscall(SYS_keyctl, 0, -3, 1));
    reach("kexec_load", ::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
    reach("open_by_handle_at", ::syscall(SYS_open_by_handle_at, AT_FDCWD, zeros.data(), O_RDONLY));
}
