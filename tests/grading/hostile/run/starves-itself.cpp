// Tries: to wait for its own children until the time is up, which costs no points
// Tests: fail
#include "tests/grading/hostile/prelude.h"

// Each works for some milliseconds, makes the next one, and is gone before anybody looks.
[[noreturn]] void chain()
{
    for (;;) {
        const std::clock_t end = std::clock() + 6 * CLOCKS_PER_SEC / 1000;
        while (std::clock() < end) {
        }
        if (::fork() > 0) {
            ::_exit(0);
        }
    }
}

void attack(int /*argc*/, char** /*argv*/)
{
    say("stepping back");
    ::signal(SIGCHLD, SIG_IGN);
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    ::sched_setaffinity(0, sizeof(first), &first);
    for (int i = 0; i < 40; ++i) {
        if (::fork() == 0) {
            chain();
        }
    }
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    ::setpriority(PRIO_PROCESS, 0, 19);
    for (volatile int i = 0;; i = i + 1) {
    }
}
