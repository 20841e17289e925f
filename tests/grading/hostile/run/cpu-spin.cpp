// Tries: to keep the processor busy for ever, in place of serving
// Tests: fail
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("spinning");
    for (volatile int i = 0;; i = i + 1) {
    }
}
