// Tries: 4 GiB of memory in memfds, which belong to no process
// Tests: any
#include "tests/grading/hostile/prelude.h"

// A file that is too large is a signal, and there are many files.
void attack(int /*argc*/, char** /*argv*/)
{
    std::signal(SIGXFSZ, SIG_IGN);
    const std::string block(1 << 20, 'x');
    std::size_t mebibytes = 0;
    for (int file = 0; file < 600; ++file) {
        const int fd = static_cast<int>(::syscall(SYS_memfd_create, "m", 0));
        if (fd == -1) {
            say(std::string("memfd_create: ") + std::strerror(errno));
            break;
        }
        while (mebibytes < 4096 && ::write(fd, block.data(), block.size()) > 0) {
            ++mebibytes;
        }
    }
    say(std::to_string(mebibytes) + " MiB in memfds" + (mebibytes >= 4096 ? ": DONE" : ""));
}
