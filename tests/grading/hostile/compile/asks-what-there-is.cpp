// Tries: to learn by __has_include which files there are
// Tiers: AB
// Logs: attack: has no solution
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
#if __has_include("@ROOT@/solutions/01-iterative/server.cpp") ||                                   \
                  __has_include("solutions/01-iterative/server.cpp")
    say("has the solution: DONE");
#else
    say("has no solution");
#endif
#if __has_include("@SECRET_FILE@")
    say("has the secret: DONE");
#endif
#if __has_include("/etc/shadow") || __has_include("/etc/passwd")
    say("has the passwords: DONE");
#endif
#if __has_include("@ROOT@/grading/rubrics/01-iterative.yaml")
    say("has the rubric: DONE");
#endif
}
