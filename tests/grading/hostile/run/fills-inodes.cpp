// Tries: empty files without end: a size bounds no inodes
// Tiers: AB
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    constexpr int many = 400'000;
    for (const char* const folder : {"/tmp", "/dev/shm"}) {
        int files = 0;
        while (files < many) {
            const std::string name = std::string(folder) + "/" + std::to_string(files);
            const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT, 0600);
            if (fd == -1) {
                break;
            }
            ::close(fd);
            ++files;
        }
        say(std::string(folder) + " took " + std::to_string(files) + " files" +
            (files == many ? ": DONE" : std::string(", ") + std::strerror(errno)));
    }
}
