// Tries: to have nobody count its descriptors
// Only: ReturnsEveryDescriptor
// Tests: fail
// Says: entries in /proc unreadable
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("hiding");
    ::prctl(PR_SET_DUMPABLE, 0);
}
