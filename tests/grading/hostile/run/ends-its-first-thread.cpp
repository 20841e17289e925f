// Tries: to have nobody count its descriptors: its first thread has ended
// Only: ReturnsEveryDescriptor
// Tests: fail
// Says: open descriptors|one that is still busy
#include "tests/grading/hostile/prelude.h"

int serve(int argc, char* argv[]);

void attack(int argc, char** argv)
{
    say("serving from a second thread");
    std::thread([=] { ::_exit(serve(argc, argv)); }).detach();
    std::thread([] {
        for (;;) { // a leak for each moment
            ::usleep(500);
            ::fcntl(0, F_DUPFD_CLOEXEC, 0);
        }
    }).detach();
    ::syscall(SYS_exit, 0);
}
