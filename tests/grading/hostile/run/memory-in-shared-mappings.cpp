// Tries: 3 GiB of shared memory that is mapped, written and in no account of its own
// Tests: fail
// Says: 1 GiB of memory
#include "tests/grading/hostile/prelude.h"

#include <sys/mman.h>

void attack(int /*argc*/, char** /*argv*/)
{
    constexpr std::size_t piece = 16 << 20;
    constexpr std::size_t pieces = 192;
    say("taking shared memory");
    char* const memory = static_cast<char*>(
        ::mmap(nullptr, piece * pieces, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    if (memory == MAP_FAILED) {
        say(std::string("mmap: ") + std::strerror(errno));
        return;
    }
    for (std::size_t i = 0; i < pieces; ++i) {
        std::memset(memory + i * piece, 1, piece);
        ::madvise(memory + i * piece, piece, MADV_DONTNEED);
    }
    say("3 GiB of shared memory: DONE");
}
