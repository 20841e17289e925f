// All is allowed but what gives a server nothing, and an attack something: the walls are
// namespaces, this makes the kernel behind them smaller. Refusals are errors, which a program can
// report.

#include "grading/jail/seccomp.h"

#include "common/errors.h"
#include "common/unique_fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace grading {

namespace {

using Filter = std::unique_ptr<void, decltype(&::seccomp_release)>;

// Namespaces and mounts; other processes; the kernel's own affairs; memory that no limit counts;
// rank among processes, for a server that steps back behind its own children makes its tests wait.
constexpr std::array refused{"unshare",
                             "setns",
                             "mount",
                             "umount2",
                             "pivot_root",
                             "chroot",
                             "move_mount",
                             "open_tree",
                             "fsopen",
                             "fsconfig",
                             "fsmount",
                             "fspick",
                             "mount_setattr",
                             "fanotify_init",
                             "quotactl",
                             "quotactl_fd",
                             "swapon",
                             "swapoff",
                             "process_vm_readv",
                             "process_vm_writev",
                             "pidfd_getfd",
                             "process_madvise",
                             "kcmp",
                             "perf_event_open",
                             "bpf",
                             "userfaultfd",
                             "add_key",
                             "request_key",
                             "keyctl",
                             "syslog",
                             "acct",
                             "reboot",
                             "kexec_load",
                             "kexec_file_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "settimeofday",
                             "clock_settime",
                             "clock_adjtime",
                             "adjtimex",
                             "sethostname",
                             "setdomainname",
                             "iopl",
                             "ioperm",
                             "modify_ldt",
                             "lookup_dcookie",
                             "vhangup",
                             "nfsservctl",
                             "name_to_handle_at",
                             "open_by_handle_at",
                             "io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "vmsplice",
                             "migrate_pages",
                             "move_pages",
                             "mbind",
                             "set_mempolicy",
                             "memfd_create",
                             "memfd_secret",
                             "shmget",
                             "shmat",
                             "msgget",
                             "semget",
                             "mq_open",
                             "setpriority",
                             "sched_setaffinity",
                             "sched_setattr",
                             "sched_setparam",
                             "sched_setscheduler",
                             "ioprio_set",
                             "landlock_create_ruleset"};

void must(int result, const std::string& what)
{
    if (result < 0) {
        throw std::runtime_error("libseccomp: " + what + ": " +
                                 std::generic_category().message(-result));
    }
}

// A call that this libseccomp has never heard of is none of this kernel's either, or harmless.
void refuse(const Filter& filter, const char* name)
{
    if (const int call = ::seccomp_syscall_resolve_name(name); call != __NR_SCMP_ERROR) {
        must(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0), name);
    }
}

void refuse_when(const Filter& filter, int error, int call, const scmp_arg_cmp& condition)
{
    must(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call,
                                  1, &condition),
         "a rule");
}

void refuse_namespaces(const Filter& filter)
{
    for (const unsigned flag : {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID,
                                CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP}) {
        refuse_when(filter, EPERM, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
    }
    // Its flags are in memory, where no filter can look; the C library then takes clone.
    must(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
}

// IP, and sockets between its own processes. Other families (vsock, packets, the kernel's
// cryptography) lead out of the network namespace or deep into the kernel.
void refuse_sockets(const Filter& filter)
{
    constexpr std::array allowed{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    constexpr int most_families = 64;
    for (int family = 0; family < most_families; ++family) {
        if (std::find(allowed.begin(), allowed.end(), family) == allowed.end()) {
            refuse_when(filter, EAFNOSUPPORT, SCMP_SYS(socket),
                        SCMP_A0(SCMP_CMP_EQ, static_cast<unsigned>(family)));
        }
    }
    refuse_when(filter, EAFNOSUPPORT, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GE, most_families));
    constexpr unsigned type = 0xF; // without SOCK_NONBLOCK and SOCK_CLOEXEC
    for (const unsigned raw : {SOCK_RAW, SOCK_PACKET}) {
        const std::array condition{SCMP_A0(SCMP_CMP_NE, AF_NETLINK),
                                   SCMP_A1(SCMP_CMP_MASKED_EQ, type, raw)};
        must(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
                                      condition.size(), condition.data()),
             "socket");
    }
    const std::array other_netlink{SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                                   SCMP_A2(SCMP_CMP_NE, NETLINK_ROUTE)}; // getifaddrs asks it
    must(::seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket),
                                  other_netlink.size(), other_netlink.data()),
         "netlink");
}

// Typing into somebody's terminal. The kernel looks at 32 bits only.
void refuse_terminal_tricks(const Filter& filter)
{
    constexpr unsigned linux_console = 0x541C; // TIOCLINUX
    for (const unsigned request : {unsigned{TIOCSTI}, linux_console}) {
        refuse_when(filter, EPERM, SCMP_SYS(ioctl),
                    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFFFFFFFFU, request));
    }
}

} // namespace

void write_filter(const std::filesystem::path& file, Strictness strictness)
{
    const Filter filter(::seccomp_init(SCMP_ACT_ALLOW), ::seccomp_release);
    if (!filter) {
        throw std::runtime_error("libseccomp cannot make a filter");
    }
    for (const char* const call : refused) {
        refuse(filter, call);
    }
    if (strictness == Strictness::strict) {
        refuse(filter, "ptrace");
    }
    refuse_namespaces(filter);
    refuse_sockets(filter);
    refuse_terminal_tricks(filter);
    const lab::UniqueFd out(
        lab::check(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
                   "open " + file.string()));
    must(::seccomp_export_bpf(filter.get(), out.get()), "export");
}

} // namespace grading
