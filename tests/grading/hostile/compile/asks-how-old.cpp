// Tries: to learn by a pragma which files there are, and which is newer
// Tiers: AB
// Verdict: any
// Never: older than
#pragma GCC dependency "/etc/hostname"
#pragma GCC dependency "/etc/passwd"
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("compiled");
}
