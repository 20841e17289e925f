// Tries: to fill /tmp, /dev/shm and every other place that it can write to
// Tiers: AB
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    std::signal(SIGXFSZ, SIG_IGN);
    const std::string block(1 << 20, 'x');
    for (const char* const folder : {"/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue", "."}) {
        std::size_t mebibytes = 0;
        for (int file = 0; file < 2000 && mebibytes < 300; ++file) {
            const std::string name = std::string(folder) + "/filler-" + std::to_string(file);
            const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT, 0600);
            const auto before = mebibytes;
            while (fd != -1 && mebibytes < 300 && ::write(fd, block.data(), block.size()) > 0) {
                ++mebibytes;
            }
            ::close(fd);
            if (mebibytes == before) {
                break;
            }
        }
        say(std::string(folder) + " took " + std::to_string(mebibytes) + " MiB" +
            (mebibytes >= 300 ? ": DONE" : ""));
    }
}
