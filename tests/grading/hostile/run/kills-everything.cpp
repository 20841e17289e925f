// Tries: kill(-1, SIGKILL)
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("killing all that may be killed");
    ::kill(-1, SIGKILL);
}
