// Tries: sysctls, sysrq, the kernel's own controls
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    for (const char* const name : {"kernel/core_pattern", "vm/drop_caches",
                                   "net/ipv4/ip_local_port_range", "net/core/somaxconn"}) {
        const std::string file = std::string("/proc/sys/") + name;
        tried("write " + file, ::open(file.c_str(), O_WRONLY));
    }
    for (const char* const file :
         {"/proc/sysrq-trigger", "/proc/self/oom_score_adj.not", "/sys/power/state", "/dev/mem",
          "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/fuse"}) {
        tried(std::string("write ") + file, ::open(file, O_WRONLY));
    }
    tried("sethostname", ::sethostname("mine", 4));
    tried("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
    tried("settimeofday", ::syscall(SYS_settimeofday, std::array<long, 2>{1, 1}.data(), nullptr));
    tried("swapoff", ::syscall(SYS_swapoff, "/dev/vda"));
    tried("init_module", ::syscall(SYS_init_module, nullptr, 0, ""));
}
