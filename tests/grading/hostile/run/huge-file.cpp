// Tries: a file of 100 GiB, with and without holes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    std::signal(SIGXFSZ, SIG_IGN);
    const std::string name = "/tmp/huge";
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT, 0600);
    tried("100 GiB with a hole", ::ftruncate(fd, 100LL << 30));
    tried("a byte at 100 GiB", ::pwrite(fd, "x", 1, 100LL << 30));
    tried("1 GiB without holes", ::posix_fallocate(fd, 0, 1LL << 30) == 0 ? 0 : -1);
    ::close(fd);
    ::unlink(name.c_str());
}
