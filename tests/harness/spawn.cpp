#include "tests/harness/spawn.h"

#include "common/errors.h"
#include "tests/harness/warden.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Version 1 of Boost.Process moved to a folder of its own when version 2 took its name.
#if __has_include(<boost/process/v1/child.hpp>)
#include <boost/process/v1/args.hpp>
#include <boost/process/v1/child.hpp>
#include <boost/process/v1/error.hpp>
#include <boost/process/v1/exe.hpp>
#include <boost/process/v1/extend.hpp>
namespace bp = boost::process::v1;
#else
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/error.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
namespace bp = boost::process;
#endif

namespace harness {

uid_t unprivileged_user()
{
    constexpr uid_t first = 60'007;
    constexpr uid_t count = 200;
    static UniqueFd lock; // held until this process ends
    static uid_t user = 0;
    const std::string folder = "/run/lab-users";
    ::mkdir(folder.c_str(), 0700);
    for (uid_t slot = 0; user == 0 && slot < count; ++slot) {
        const std::string file = folder + "/" + std::to_string(first + slot);
        UniqueFd mine(::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (mine && ::flock(mine.get(), LOCK_EX | LOCK_NB) == 0) {
            lock = std::move(mine);
            user = first + slot;
        }
    }
    return user != 0 ? user : first; // no folder to lock in: shared, as a last resort
}

namespace {

// Everything below runs between fork and exec: system calls only, and _exit(126) when one fails.
void must(bool worked)
{
    if (!worked) {
        ::_exit(126);
    }
}

void limit(__rlimit_resource resource, const std::optional<rlim_t>& value)
{
    if (value) {
        const rlimit both{*value, *value};
        must(::setrlimit(resource, &both) == 0);
    }
}

void apply(const Limits& limits)
{
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (limits.cpu_seconds) { // SIGXCPU comes first, and tells why
        const rlimit time{*limits.cpu_seconds, *limits.cpu_seconds + 1};
        must(::setrlimit(RLIMIT_CPU, &time) == 0);
    }
    limit(RLIMIT_FSIZE, limits.file_bytes);
    limit(RLIMIT_AS, limits.address_space);
    if (limits.processes) {
        const rlimit both{*limits.processes, limits.processes_hard.value_or(*limits.processes)};
        must(::setrlimit(RLIMIT_NPROC, &both) == 0);
    }
}

// One capability stays, where we have it: to read the programs, wherever root keeps them.
void keep_only(unsigned capability)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    sets[0].permitted = sets[0].effective = sets[0].inheritable = 1U << capability;
    if (::syscall(SYS_capset, &header, sets.data()) == 0) {
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    }
}

void become(uid_t user, bool may_read_all)
{
    must(::setgroups(0, nullptr) == 0);
    must(::setresgid(user, user, user) == 0);
    must(::prctl(PR_SET_KEEPCAPS, may_read_all ? 1 : 0, 0, 0, 0) == 0);
    must(::setresuid(user, user, user) == 0);
    if (may_read_all) {
        keep_only(CAP_DAC_READ_SEARCH);
    }
}

// While we still may: before the change of user.
void enter(const std::filesystem::path& cgroup)
{
    if (!cgroup.empty()) {
        const int door = ::open(cgroup.c_str(), O_WRONLY | O_CLOEXEC);
        must(::write(door, "0", 1) == 1);
        ::close(door);
    }
}

void connect_standard_streams(const std::array<int, 3>& streams)
{
    for (int target = 0; target < 3; ++target) {
        must(::dup2(streams[static_cast<std::size_t>(target)], target) == target);
    }
}

void reset_signals()
{
    for (int signal = 1; signal < NSIG; ++signal) {
        std::signal(signal, SIG_DFL); // refused for SIGKILL and SIGSTOP, which need it least
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What happens in the child, in an order that matters: each line relies on those above.
void set_up_child(const Command& command, const std::array<int, 3>& streams, pid_t parent,
                  std::optional<uid_t> user, int kept_open)
{
    must(command.directory.empty() || ::chdir(command.directory.c_str()) == 0);
    must(::setsid() != -1);
    connect_standard_streams(streams);
    enter(command.cgroup);
    apply(command.limits);
    if (user) {
        become(*user, !command.user);
    }
    // After the change of user, which clears it. The parent may be gone already: then so are we.
    must(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && ::getppid() == parent);
    reset_signals();
    // Marked, not closed: Boost's error pipe must live until exec.
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    must(kept_open == -1 || ::fcntl(kept_open, F_SETFD, 0) == 0);
}

// The inherited environment with a few more entries, in the shape that exec takes.
class Environment {
public:
    explicit Environment(std::vector<std::string> more) : more_(std::move(more))
    {
        for (std::string& entry : more_) {
            pointers_.push_back(entry.data());
        }
        for (char** entry = environ; *entry != nullptr; ++entry) {
            pointers_.push_back(*entry);
        }
        pointers_.push_back(nullptr);
    }
    char** get() { return pointers_.data(); }

private:
    std::vector<std::string> more_;
    std::vector<char*> pointers_;
};

// `kept_open` is one more descriptor that it is given.
ChildProcess start(const Command& command, int kept_open)
{
    const UniqueFd null(lab::check(::open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null"));
    const auto or_null = [&](int fd) { return fd == -1 ? null.get() : fd; };
    const std::array<int, 3> streams{or_null(command.input), or_null(command.output),
                                     or_null(command.errors)};
    const auto program = find_program(command.arguments.at(0));
    const std::vector<std::string> rest(command.arguments.begin() + 1, command.arguments.end());
    Environment environment(command.more_environment);
    const pid_t parent = ::getpid();
    std::optional<uid_t> user;
    if (::geteuid() == 0 && (command.user || command.drop_root)) {
        user = command.user ? *command.user : unprivileged_user();
    }

    std::error_code error;
    bp::child child(
        bp::exe = program.string(), bp::args = rest, error,
        bp::extend::on_setup = [&](auto& exec) { exec.env = environment.get(); },
        bp::extend::on_exec_setup =
            [&](auto&) { set_up_child(command, streams, parent, user, kept_open); },
        // A failed exec leaves a zombie unless somebody waits for it.
        bp::extend::on_error =
            [](auto& exec, const std::error_code&) {
                if (exec.pid > 0) {
                    ::waitpid(exec.pid, nullptr, 0);
                }
            });
    if (error) {
        throw std::system_error(error, command.arguments[0]);
    }
    const pid_t pid = child.id();
    child.detach();
    return ChildProcess(pid);
}

struct Heard {
    WardenMessage message;
    pid_t sender = -1; // as it is numbered here
};

// Nothing when the other end is gone, or `most` over.
std::optional<Heard> hear(int socket, Seconds most)
{
    pollfd there{socket, POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most).count();
    if (::poll(&there, 1, static_cast<int>(ms)) <= 0) {
        return std::nullopt;
    }
    Heard heard;
    iovec body{&heard.message, sizeof heard.message};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr header{};
    header.msg_iov = &body;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    const cmsghdr* const credentials = CMSG_FIRSTHDR(&header);
    if (count != sizeof heard.message || credentials == nullptr ||
        credentials->cmsg_type != SCM_CREDENTIALS) {
        return std::nullopt;
    }
    ucred who{};
    std::memcpy(&who, CMSG_DATA(credentials), sizeof who);
    heard.sender = who.pid;
    return heard;
}

std::pair<UniqueFd, UniqueFd> warden_sockets()
{
    std::array<int, 2> ends{};
    lab::check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    const int yes = 1;
    lab::check(::setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes), "SO_PASSCRED");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The command that starts the jail with this program in it.
Command command_of_jail(const Command& command, int report)
{
    Command outer = command;
    outer.arguments = command.jail;
    outer.arguments.insert(outer.arguments.end(), {"--report", std::to_string(report)});
    for (const std::string& entry : command.more_environment) {
        outer.arguments.insert(outer.arguments.end(), {"--setenv", entry});
    }
    for (const std::string& file : command.shown) {
        outer.arguments.insert(outer.arguments.end(), {"--show", file});
    }
    outer.arguments.emplace_back("--");
    outer.arguments.insert(outer.arguments.end(), command.arguments.begin(),
                           command.arguments.end());
    outer.more_environment.clear();
    return outer;
}

ChildProcess start_in_jail(const Command& command)
{
    constexpr Seconds long_enough{60};
    auto [ours, theirs] = warden_sockets();
    ChildProcess::Jail jail;
    jail.outside =
        std::make_unique<ChildProcess>(start(command_of_jail(command, theirs.get()), theirs.get()));
    theirs.reset();
    pid_t program = -1;
    while (const auto heard = hear(ours.get(), long_enough)) {
        switch (heard->message.word) {
        case WardenWord::here:
            jail.warden = heard->sender;
            break;
        case WardenWord::started:
            program = heard->sender;
            break;
        case WardenWord::executed:
            jail.reports = std::move(ours);
            return {program, std::move(jail)};
        default:
            throw std::system_error(heard->message.number, std::generic_category(),
                                    command.arguments[0]);
        }
    }
    jail.outside->wait(long_enough); // then all that it has to say is said
    throw std::runtime_error("the jail could not be made");
}

} // namespace

ChildProcess spawn(const Command& command)
{
    return command.jail.empty() ? start(command, -1) : start_in_jail(command);
}

std::string to_string(const ExitStatus& status)
{
    if (status.signal == 0) {
        return "exited with status " + std::to_string(status.code);
    }
    const char* name = ::sigabbrev_np(status.signal);
    return "was killed by " +
           (name != nullptr ? "SIG" + std::string(name) : std::to_string(status.signal));
}

ChildProcess::ChildProcess(pid_t pid)
    : pid_(pid),
      pidfd_(static_cast<int>(lab::check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")))
{
}

ChildProcess::ChildProcess(pid_t pid, Jail jail) : ChildProcess(pid)
{
    jail_ = std::move(jail);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), status_(other.status_),
      jail_(std::exchange(other.jail_, std::nullopt))
{
}

// Killing what is outside would do it too, but some time later: the port would still be taken.
void ChildProcess::end_jail()
{
    ::kill(jail_->warden, SIGKILL);
    jail_->outside->wait(Seconds(60));
}

ChildProcess::~ChildProcess()
{
    if (jail_) {
        end_jail();
    } else if (pid_ > 0 && !status()) {
        ::kill(pid_, SIGKILL);
        wait(Seconds(60));
    }
}

std::optional<ExitStatus> ChildProcess::status()
{
    return wait(Seconds(0));
}

std::optional<ExitStatus> ChildProcess::wait(Seconds most)
{
    if (status_) {
        return status_;
    }
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most).count();
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(ms)) <= 0) {
        return std::nullopt;
    }
    take_status();
    return status_;
}

// Of one that has ended.
void ChildProcess::take_status()
{
    int ending =
        SIGKILL; // unless we learn better: reaped by kill_descendants(), or its jail killed
    status_.emplace();
    if (!jail_) {
        ::wait4(pid_, &ending, WNOHANG, &status_->usage);
    } else if (const auto heard = hear(jail_->reports.get(), Seconds(10))) {
        ending = heard->message.number;
        status_->usage = heard->message.usage;
    }
    status_->code = WIFEXITED(ending) ? WEXITSTATUS(ending) : 0;
    status_->signal = WIFSIGNALED(ending) ? WTERMSIG(ending) : 0;
}

pid_t ChildProcess::adopter() const
{
    return jail_ ? jail_->warden : ::getpid();
}

} // namespace harness
