// Tries: to make waits last longer than their test may, which costs no points
// Tests: fail
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("spinning in a hundred children");
    for (int i = 0; i < 100; ++i) {
        if (::fork() == 0) {
            for (volatile int j = 0;; j = j + 1) {
            }
        }
    }
    for (;;) {
        ::pause();
    }
}
