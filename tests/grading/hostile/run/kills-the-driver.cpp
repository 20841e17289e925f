// Tries: to kill its parent, process 1 and every other that it can see
#include "tests/grading/hostile/prelude.h"

// A signal to process 1 of its own namespace is taken and thrown away: that is no escape.
void attack(int /*argc*/, char** /*argv*/)
{
    say("killing my parent: " + std::to_string(::kill(::getppid(), SIGKILL)));
    for (const pid_t pid : all_processes()) {
        if (pid != ::getpid()) {
            say("killing " + std::to_string(pid) + ": " + std::to_string(::kill(pid, SIGKILL)));
        }
    }
    for (pid_t pid = 1; pid < 200; ++pid) {
        if (pid != ::getpid()) {
            ::kill(pid, SIGKILL);
        }
    }
}
