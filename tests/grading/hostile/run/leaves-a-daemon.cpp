// Tries: to leave a daemon behind: two forks, a session of its own
// Tests: any
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("leaving a daemon behind");
    if (::fork() == 0) {
        ::setsid();
        if (::fork() == 0) {
            ::prctl(PR_SET_NAME, "daemon-left");
            for (int fd = 0; fd < 1024; ++fd) {
                ::close(fd);
            }
            for (int signal = 1; signal < 65; ++signal) {
                std::signal(signal, SIG_IGN);
            }
            for (;;) {
                ::pause();
            }
        }
        ::_exit(0);
    }
}
