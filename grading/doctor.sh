#!/usr/bin/env bash
# grading/doctor.sh: is this machine fit for the labs, and if not, what would make it so.
#
# usage: grading/doctor.sh [--help]          (make doctor)
#
# One line a finding: ok; warn (something works less well, or only in part);
# fail (tests or grading cannot work). Under each that is not ok stands its fix.
# Colour on a terminal only, and not when NO_COLOR is set.
# Exit: 0 nothing failed, 1 something did, 2 wrong usage.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
failed=0

help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

use_colour()
{
    green='' yellow='' red='' plain=''
    [[ -t 1 && -z ${NO_COLOR-} ]] || return 0
    green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
}

ok() { printf '%sok%s    %s\n' "$green" "$plain" "$1"; }

warn() # FINDING FIX
{
    printf '%swarn%s  %s\n      fix: %s\n' "$yellow" "$plain" "$1" "$2"
}

fail() # FINDING FIX
{
    printf '%sfail%s  %s\n      fix: %s\n' "$red" "$plain" "$1" "$2"
    failed=1
}

# The kernel is asked by doing, in one small program: `name ok`, or `name` and what went wrong.
# Its being compiled is the compiler's own test.
write_probe()
{
    cat >"$work/probe.cpp" <<'PROBE'
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#if __has_include(<boost/version.hpp>)
#include <boost/version.hpp>
#else
#define BOOST_LIB_VERSION "none"
#endif

namespace {

void say(const char* name, bool good, const char* otherwise = nullptr)
{
    if (otherwise == nullptr) otherwise = std::strerror(errno);
    std::cout << name << ' ' << (good ? "ok" : otherwise) << '\n';
}

std::string first_line(const std::string& path)
{
    std::string line;
    std::getline(std::ifstream(path), line);
    return line;
}

int listen_on_loopback(sockaddr_in& address)
{
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof address;
    bool good = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0
        && ::listen(listener, 1) == 0
        && ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    return good ? listener : -1;
}

// Asks for the listening sockets of one port: an answer, or the kernel's error number.
bool kernel_lists_sockets(in_port_t port)
{
    int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    struct { nlmsghdr header; inet_diag_req_v2 body; } question{};
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.body.sdiag_family = AF_INET;
    question.body.sdiag_protocol = IPPROTO_TCP;
    question.body.idiag_states = 1U << 10;
    question.body.id.idiag_sport = port;
    if (::send(netlink, &question, sizeof question, 0) < 0) return false;
    alignas(nlmsghdr) char answer[8192];
    if (::recv(netlink, answer, sizeof answer, 0) < 0) return false;
    auto* header = reinterpret_cast<nlmsghdr*>(answer);
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) return true;
    errno = header->nlmsg_type == NLMSG_ERROR
        ? -static_cast<nlmsgerr*>(NLMSG_DATA(header))->error : ENOENT;
    return false;
}

void probe_sockets()
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = listen_on_loopback(address);
    int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    say("loopback", listener >= 0
        && ::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    say("sock_diag", kernel_lists_sockets(address.sin_port));
}

void probe_child()
{
    pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) ::pause();
    }
    auto pid = std::to_string(child);
    std::string children = ' ' + first_line("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    say("children", children.find(' ' + pid + ' ') != std::string::npos, "not listed");
    say("syscall", !first_line("/proc/" + pid + "/syscall").empty(), "not readable");
    auto times = first_line("/proc/" + pid + "/schedstat");
    say("schedstat", std::ranges::count(times, ' ') == 2, "not readable");
    int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    say("pidfd_open", pidfd >= 0);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

void probe_ptrace()
{
    pid_t child = ::fork();
    if (child == 0) ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : errno);
    int status = 0;
    ::waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    say("ptrace", status == 0);
}

} // namespace

int main()
{
    std::cout << "boost " << BOOST_LIB_VERSION << '\n';
    probe_sockets();
    probe_child();
    probe_ptrace();
    constexpr unsigned mark_close_on_exec = 4;
    say("close_range", ::syscall(SYS_close_range, 1'000'000U, ~0U, mark_close_on_exec) == 0);
    say("subreaper", ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}
PROBE
}

check_compiler()
{
    local version
    if ! version=$(g++ -dumpfullversion 2>/dev/null); then
        fail "no g++: nothing can be built" "grading/setup.sh"
    elif ((${version%%.*} < 11)); then
        fail "g++ $version is too old: the labs are C++20, from g++ 11" "install g++ 11 or newer"
    elif ! g++ -std=c++20 -o "$work/probe" "$work/probe.cpp" 2>"$work/errors"; then
        fail "g++ $version does not compile a small C++20 program: $(head -n 1 "$work/errors")" \
            "reinstall g++ and libc6-dev"
    else
        ok "g++ $version compiles C++20: builds everything"
    fi
}

check_make()
{
    local version
    version=$(make --version 2>/dev/null | sed -n '1s/^GNU Make //p') || true
    if [[ -z $version ]]; then
        fail "no GNU make: the only way in" "grading/setup.sh"
    elif [[ $(printf '%s\n' 4.3 "$version" | sort -V | head -n 1) != 4.3 ]]; then
        fail "GNU make $version is too old: the Makefile is for 4.3" "install GNU make 4.3 or newer"
    else
        ok "GNU make $version"
    fi
}

check_packages()
{
    local group missing
    for group in student full; do
        if missing=$("$here/setup.sh" --check --group "$group"); then
            continue
        elif [[ $group == student ]]; then
            fail "packages missing: ${missing//$'\n'/ }" "grading/setup.sh"
        else
            warn "packages missing that only make test needs: ${missing//$'\n'/ }" "grading/setup.sh"
        fi
        return
    done
    ok "packages of grading/setup.sh: all there"
}

# Sets `found` to what the probe said under a name.
probed() # NAME
{
    found=$(sed -n "s/^$1 //p" "$work/found")
    [[ $found == ok ]]
}

check_boost()
{
    probed boost || true
    local minor=${found#1_}
    if [[ $found == none ]]; then
        fail "Boost: no header; the test harness starts servers with Boost.Process" "grading/setup.sh"
    elif ((${minor%%_*} < 74 || ${minor%%_*} > 88)); then
        warn "Boost ${found//_/.}: the test harness knows 1.74 to 1.88" \
            "install a version between, if the harness does not compile"
    else
        ok "Boost ${found//_/.}: starts servers in the test harness (1.74 to 1.88 known)"
    fi
}

# A kernel feature that tests cannot do without, and one that they can.
need() # NAME PURPOSE FIX
{
    if probed "$1"; then ok "$2"; else fail "$2: ${found:-the probe stopped before}" "$3"; fi
}

want() # NAME PURPOSE FIX
{
    if probed "$1"; then ok "$2"; else warn "$2: ${found:-the probe stopped before}" "$3"; fi
}

check_kernel()
{
    local kernel='Linux 5.11 or newer; in a container, a seccomp profile that allows it'
    local proc='mount the real /proc of a Linux kernel (not a sandbox that imitates one)'
    need loopback "loopback: connects and is answered on 127.0.0.1" "as root: ip link set lo up"
    need pidfd_open "pidfd_open: waits for a server with a deadline" "$kernel"
    need close_range "close_range: a server inherits no descriptor of the tests" "$kernel"
    need subreaper "child subreaper: nothing survives a test" "$kernel"
    need children "/proc/PID/task/TID/children: finds every descendant of a server" \
        "a kernel with CONFIG_PROC_CHILDREN; $proc"
    need syscall "/proc/PID/syscall: sees in which call a server waits" \
        "a kernel with CONFIG_HAVE_ARCH_TRACEHOOK; as root: sysctl kernel.yama.ptrace_scope=1"
    need sock_diag "NETLINK_SOCK_DIAG: sees when a server listens" "as root: modprobe tcp_diag"
    want schedstat "/proc/PID/schedstat: counts the CPU time of a server" \
        "a kernel with CONFIG_SCHED_INFO; $proc"
    want ptrace "ptrace: gdb (make step) and strace" \
        "as root: sysctl kernel.yama.ptrace_scope=1; in a container: --cap-add=SYS_PTRACE"
}

# One sandbox in another, as grading does it: whoever is root stops being it first.
nested_sandboxes()
{
    local drop=()
    if [[ $EUID == 0 ]]; then
        drop=(setpriv --reuid=60007 --regid=60007 --clear-groups --inh-caps=-all --no-new-privs)
    fi
    "${drop[@]}" bwrap --unshare-user --unshare-net --unshare-pid --die-with-parent \
        --dev-bind / / --proc /proc -- \
        bwrap --unshare-user --unshare-pid --ro-bind / / --proc /proc -- true
}

check_jails()
{
    local trouble
    if ! type -P bwrap >/dev/null; then
        warn "no bubblewrap: a submission is graded without a jail (tier D)" "grading/setup.sh"
    elif trouble=$(cd / && nested_sandboxes 2>&1); then
        ok "pods and jails: a submission is graded in a network of its own, and sees nothing (tier B)"
    else
        warn "no jails, so a submission is graded in tier C or D: ${trouble%%$'\n'*}" \
            "as root: sysctl kernel.unprivileged_userns_clone=1 (Debian), \
kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04), user.max_user_namespaces=1000; \
in a container: --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    fi
}

check_limits()
{
    local files processes
    files=$(ulimit -Sn) processes=$(ulimit -Su)
    if [[ $files == unlimited ]] || ((files >= 1024)); then
        ok "open files: $files"
    else
        fail "open files: $files, and tests want 1024" "ulimit -n 1024; for good: /etc/security/limits.conf"
    fi
    if [[ $processes == unlimited ]] || ((processes >= 512)); then
        ok "processes: $processes"
    else
        warn "processes: $processes, shared by all that you run; tests want 512" \
            "ulimit -u 4096; for good: /etc/security/limits.conf"
    fi
}

check_space() # DIRECTORY PURPOSE
{
    local free
    if ! [[ -w $1 ]]; then
        fail "$1 is not writable: $2" "make it writable, or use a copy of your own"
        return
    fi
    free=$(df --output=avail -BM "$1" | tr -dc '0-9\n' | tail -n 1)
    if ((free < 200)); then
        fail "$1: $free MB free; $2" "make room: 1 GB is comfortable"
    elif ((free < 1000)); then
        warn "$1: $free MB free; $2" "make room: 1 GB is comfortable"
    else
        ok "$1: $((free / 1024)) GB free; $2"
    fi
}

check_machine()
{
    local cores memory
    cores=$(nproc) memory=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
    ok "cores: $cores; as many tests run at a time"
    if ((memory >= 1000)); then
        ok "memory: $memory MB available"
    else
        warn "memory: $memory MB available; a compiler wants 500 MB for each core in use" "make JOBS small: make -j1"
    fi
}

main()
{
    case ${1-} in
        '') ;;
        -h | --help) help && return ;;
        *) echo "doctor.sh: unknown argument '$1' (see --help)" >&2 && exit 2 ;;
    esac
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    use_colour
    write_probe
    check_compiler
    check_make
    check_packages
    if [[ -x $work/probe ]]; then
        timeout -k 1 10 "$work/probe" >"$work/found" 2>&1 || true
        check_boost
        check_kernel
    else
        warn "kernel features: not looked at" "a working compiler first"
    fi
    check_jails
    check_limits
    check_space "$(dirname "$here")" "holds build/"
    check_space "${TMPDIR:-/tmp}" "holds what tests and the compiler write"
    check_machine
    return "$failed"
}

main "$@"
