// Tries: to write the results itself: files, and descriptors that may lead there
// Quick: yes
#include "tests/grading/hostile/prelude.h"

namespace {

const std::string report =
    R"({"test":"StopsWhenAsked","verdict":"pass","steps":[],"wire":[],"failure":null,)"
    R"("log":"forged","reproduce":"","seconds":0})";

// Labs below /tmp: folders of their name are in the jail's own /tmp too, to mount on, and empty.
bool is_in_our_own_tmp(int fd)
{
    struct stat file {};
    struct stat tmp {};
    return ::fstat(fd, &file) == 0 && ::stat("/tmp", &tmp) == 0 && file.st_dev == tmp.st_dev;
}

void forge(const std::string& file)
{
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (is_in_our_own_tmp(fd)) {
        say("write " + file + ": in our own /tmp, which nobody reads");
    } else {
        tried("write " + file, fd);
    }
    if (fd != -1 && ::write(fd, report.data(), report.size()) == -1) {
        say("not all of it");
    }
    ::close(fd);
}

} // namespace

void attack(int /*argc*/, char** /*argv*/)
{
    forge(root + "/build/debug/tmp/StopsWhenAsked.json");
    forge(root + "/runs/writes-results.out/record.json");
    forge(root + "/runs/writes-results.out/report.txt");
    for (int fd = 3; fd < 1024; ++fd) {
        if (::write(fd, report.data(), report.size()) != -1) {
            say("descriptor " + std::to_string(fd) + ": DONE");
        }
    }
    for (const pid_t pid : all_processes()) {
        for (int fd = 3; pid != ::getpid() && fd < 16; ++fd) {
            const std::string name = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
            if (const int file = ::open(name.c_str(), O_WRONLY | O_NONBLOCK); file != -1) {
                say(name + ": DONE");
            }
        }
    }
}
