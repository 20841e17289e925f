// Tries: to have a test break that starts a second server: there is no file left for its jail
// Only: RestartsOnTheSamePort
// Tiers: AB
// Tests: fail
// Says: a server that leaves room in /tmp
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    constexpr int many = 400'000;
    int files = 0;
    for (; files < many; ++files) {
        const std::string name = "/tmp/" + std::to_string(files);
        const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT, 0600);
        if (fd == -1) {
            break;
        }
        ::close(fd);
    }
    say("/tmp took " + std::to_string(files) + " files" + (files == many ? ": DONE" : ""));
}
