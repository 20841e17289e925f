// Tries: namespaces of its own, mounts, chroot, pivot_root
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    for (const auto& [name, flag] :
         {std::pair{"user", CLONE_NEWUSER}, std::pair{"mount", CLONE_NEWNS},
          std::pair{"network", CLONE_NEWNET}, std::pair{"pid", CLONE_NEWPID},
          std::pair{"ipc", CLONE_NEWIPC}, std::pair{"cgroup", 0x02000000}}) {
        tried(std::string("a ") + name + " namespace", ::unshare(flag));
    }
    const pid_t child = static_cast<pid_t>(
        ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0));
    if (child == 0) {
        ::_exit(0);
    }
    tried("clone into a user namespace", child);
    struct {
        std::uint64_t flags = CLONE_NEWUSER, pidfd = 0, child_tid = 0, parent_tid = 0,
                      exit_signal = SIGCHLD, stack = 0, stack_size = 0, tls = 0;
    } arguments;
    const long child3 = ::syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (child3 == 0) {
        ::_exit(0);
    }
    tried("clone3 into a user namespace", child3);
    tried("mount proc", ::mount("proc", "/tmp", "proc", 0, nullptr));
    tried("remount /", ::mount("", "/", "", MS_REMOUNT | MS_BIND, nullptr));
    tried("unmount /proc", ::umount2("/proc", MNT_DETACH));
    tried("chroot", ::chroot("/tmp"));
    tried("pivot_root", ::syscall(SYS_pivot_root, ".", "."));
    tried("enter another's namespace", ::syscall(SYS_setns, ::open("/proc/1/ns/mnt", O_RDONLY), 0));
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}
