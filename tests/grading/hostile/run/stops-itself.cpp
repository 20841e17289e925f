// Tries: to stop itself, as SIGSTOP does
// Tests: fail
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("stopping");
    ::raise(SIGSTOP);
}
