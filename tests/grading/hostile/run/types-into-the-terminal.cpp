// Tries: to type into the terminal of whoever started the grader
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    tried("open /dev/tty", ::open("/dev/tty", O_RDWR));
    for (int fd = 0; fd < 3; ++fd) {
        tried("TIOCSTI on " + std::to_string(fd), ::ioctl(fd, TIOCSTI, "x"));
        std::array<char, 4> code{3, 0, 0, 0};
        tried("TIOCLINUX on " + std::to_string(fd), ::ioctl(fd, TIOCLINUX, code.data()));
    }
    const int console = ::open("/dev/console", O_RDWR | O_NOCTTY);
    tried("TIOCSTI on the console", ::ioctl(console, TIOCSTI, "x"));
}
