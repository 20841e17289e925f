// Tries: system calls that no server of these labs needs and that had holes
// Tiers: AB
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    std::array<char, 256> zeros{};
    tried("bpf", ::syscall(SYS_bpf, 0, zeros.data(), zeros.size()));
    tried("perf_event_open", ::syscall(SYS_perf_event_open, zeros.data(), 0, -1, -1, 0));
    tried("userfaultfd", ::syscall(SYS_userfaultfd, 0));
    tried("io_uring_setup", ::syscall(SYS_io_uring_setup, 8, zeros.data()));
    tried("add_key", ::syscall(SYS_add_key, "user", "k", "v", 1, -3));
    tried("keyctl", ::syscall(SYS_keyctl, 0, -3, 1));
    tried("kexec_load", ::syscall(SYS_kexec_load, 0, 0, nullptr, 0));
    tried("open_by_handle_at", ::syscall(SYS_open_by_handle_at, AT_FDCWD, zeros.data(), O_RDONLY));
    tried("personality without random addresses", ::syscall(SYS_personality, 0x0040000));
}
