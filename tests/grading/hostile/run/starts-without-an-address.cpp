// Tries: to have a test break, which costs no points, by an address that is none
// Tests: fail
// Says: a first line on stdout like
#include "tests/grading/hostile/prelude.h"

#include <cstdio>

void attack(int /*argc*/, char** /*argv*/)
{
    say("listening nowhere");
    std::puts("listening on 127.0.0.1:a-door");
    std::fflush(stdout);
    for (;;) {
        ::pause();
    }
}
