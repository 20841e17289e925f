// Tries: 256 MiB in each of thirty processes
// Tests: fail
// Says: 1 GiB of memory
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("taking memory in thirty processes");
    for (int i = 0; i < 30; ++i) {
        if (::fork() == 0) {
            char* const memory = new char[256 << 20];
            for (;;) {
                std::memset(memory, 1, 256 << 20);
                asm volatile("" : : "r"(memory) : "memory"); // else -O2 writes nothing at all
                ::usleep(50'000);
            }
        }
    }
    ::sleep(8);
    say("7.5 GiB for eight seconds: DONE");
}
