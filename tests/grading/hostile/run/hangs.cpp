// Tries: to hang before it listens
// Tests: fail
// Says: nothing on stdout
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("hanging");
    for (;;) {
        ::pause();
    }
}
