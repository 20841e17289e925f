// Tries: to have a test break, which costs no points, by a limit that cannot be given back
// Only: WaitsForRoomWhenOutOfDescriptors
// Tests: fail
// Says: lowered them for good
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("lowering its limits");
    ::dup2(2, 200);
    const rlimit few{20, 20};
    ::setrlimit(RLIMIT_NOFILE, &few);
}
