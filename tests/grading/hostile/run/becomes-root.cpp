// Tries: to become root, or to leave a program that makes others root
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("I am user " + std::to_string(::getuid()) + ", effectively " + std::to_string(::geteuid()));
    if (::geteuid() != 0) {
        tried("setuid(0)", ::setuid(0));
        tried("setgid(0)", ::setgid(0));
        tried("setresuid(0, 0, 0)", ::setresuid(0, 0, 0));
        tried("setgroups", ::syscall(SYS_setgroups, 1, std::array<gid_t, 1>{0}.data()));
    } else {
        say("root already: DONE");
    }
    ::prctl(PR_SET_KEEPCAPS, 1);
    for (const unsigned long capability : {0UL, 1UL, 5UL, 12UL, 21UL}) {
        tried("capability " + std::to_string(capability),
              ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0));
    }
    for (const char* const program : {"/bin/su", "/usr/bin/su", "/usr/bin/sudo", "/bin/mount"}) {
        struct stat facts {};
        if (::stat(program, &facts) == 0 && (facts.st_mode & S_ISUID) != 0 &&
            ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0) {
            say(std::string(program) + " makes root: DONE");
        }
    }
    tried("a device", ::mknod("/tmp/device", S_IFBLK | 0600, 0x0800));
}
