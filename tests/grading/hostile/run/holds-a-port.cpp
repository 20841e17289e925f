// Tries: to hold a port with a daemon, for the test that comes next
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(7008);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    // The second test finds it taken if the first one's daemon lives.
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == -1) {
        say("the daemon of the test before holds the port: DONE");
    }
    ::listen(fd, 8);
    say("holding port 7008");
    if (::fork() == 0) {
        ::setsid();
        if (::fork() == 0) {
            for (;;) {
                ::pause();
            }
        }
        ::_exit(0);
    }
    ::close(fd);
}
