// Tries: to fork without end, in every child too
// Tests: any
// Says: forks without end|needs less than 1 GiB of memory
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("forking");
    for (;;) {
        if (::fork() == -1) {
            ::sched_yield();
        }
    }
}
