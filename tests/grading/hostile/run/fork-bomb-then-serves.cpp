// Tries: to keep as many processes as it can get, and to serve beside them
// Tests: fail
// Says: forks without end
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("forking");
    int children = 0;
    while (children < 1000) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::pause();
            ::_exit(0);
        }
        if (child == -1) {
            break;
        }
        ++children;
    }
    say(std::to_string(children) + " children" + (children >= 250 ? ": DONE" : ""));
}
