// Tries: ptrace and process_vm_readv on every process that it can see
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    std::array<char, 64> bytes{};
    const iovec mine{bytes.data(), bytes.size()};
    const iovec theirs{reinterpret_cast<void*>(0x400000), bytes.size()};
    for (const pid_t pid : all_processes()) {
        if (pid != ::getpid()) {
            const std::string who = std::to_string(pid);
            tried("PTRACE_SEIZE of " + who, ::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr));
            tried("process_vm_readv of " + who, ::process_vm_readv(pid, &mine, 1, &theirs, 1, 0));
            tried("pidfd_getfd of " + who,
                  ::syscall(SYS_pidfd_getfd, ::syscall(SYS_pidfd_open, pid, 0), 0, 0));
        }
    }
}
