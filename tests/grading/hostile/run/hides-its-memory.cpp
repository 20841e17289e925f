// Tries: to use 2 GiB of memory under a name that looks like a line of the kernel's accounts
// Tests: fail
// Says: 1 GiB of memory
#include "tests/grading/hostile/prelude.h"

#include <sys/prctl.h>

void attack(int /*argc*/, char** /*argv*/)
{
    say("taking memory as RssAnon:0");
    ::prctl(PR_SET_NAME, "RssAnon:\t0 kB");
    std::vector<char*> kept;
    for (int i = 0; i < 2048; ++i) {
        kept.push_back(new char[1 << 20]);
        std::memset(kept.back(), 1, 1 << 20);
    }
    say("2 GiB of memory: DONE");
}
