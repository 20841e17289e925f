// Tries: to use 2 GiB of memory in one process
// Tests: fail
// Says: 1 GiB of memory
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("taking memory");
    std::vector<char*> kept;
    for (int i = 0; i < 2048; ++i) {
        kept.push_back(new char[1 << 20]);
        std::memset(kept.back(), 1, 1 << 20);
    }
    say("2 GiB of memory: DONE");
}
