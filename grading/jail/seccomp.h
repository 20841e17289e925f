// The system calls that a stranger's program may not use, as a filter for the kernel.
#pragma once

#include <filesystem>

namespace grading {

enum class Strictness {
    strict,
    with_ptrace // of its own processes: LeakSanitizer needs it
};

// Writes it to a file, for bubblewrap's --seccomp, and for `jail bare`, which has no bubblewrap:
// every tier but D has it. Throws std::runtime_error.
void write_filter(const std::filesystem::path& file, Strictness strictness);

} // namespace grading
