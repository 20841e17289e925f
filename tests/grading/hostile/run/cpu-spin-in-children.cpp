// Tries: to keep the processor busy in thirty children while it serves
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("spinning in children");
    for (int i = 0; i < 30; ++i) {
        if (::fork() == 0) {
            for (volatile int j = 0;; j = j + 1) {
            }
        }
    }
}
