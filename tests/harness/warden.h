// What the first process of a jail, its warden, says of the program that it keeps there. From
// outside a jail nobody can wait for that program, nor learn its number, but through the kernel's
// translation of a message's credentials.
//
// Over a SOCK_SEQPACKET socket come, each as one message: here (from the warden), started (from the
// program's process, just before exec), executed or failed, and at its end ended.
#pragma once

#include <cstdint>

#include <sys/resource.h>

namespace harness {

enum class WardenWord : std::uint32_t { here, started, executed, failed, ended };

struct WardenMessage {
    WardenWord word = WardenWord::here;
    int number = 0; // failed: errno; ended: as of wait(2)
    rusage usage{}; // ended: as of wait4(2)
};

} // namespace harness
