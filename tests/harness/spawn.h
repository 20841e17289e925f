// Processes: starting them, waiting for them, and leaving none behind.
//
// Boost.Process does fork and exec, in spawn.cpp, which alone knows it and its version; from then
// on the pid is ours.
#pragma once

#include "common/stop.h"
#include "common/unique_fd.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace harness {

using lab::Seconds;
using lab::UniqueFd;

// Nothing: as this process has it.
struct Limits {
    std::optional<rlim_t> cpu_seconds;
    std::optional<rlim_t> file_bytes;
    std::optional<rlim_t> address_space; // breaks AddressSanitizer and ThreadSanitizer
    std::optional<rlim_t> processes; // more than this user has now; binds root only with drop_root
    std::optional<rlim_t> processes_hard{}; // how far that can be raised later; nothing: not at all
};

struct Command {
    std::vector<std::string> arguments;          // the first is the program; PATH is searched
    std::filesystem::path directory;             // empty: this one
    std::vector<std::string> more_environment{}; // "NAME=value", beside what is inherited
    int input = -1;                              // borrowed; -1: /dev/null
    int output = -1;                             // likewise
    int errors = -1;                             // likewise
    Limits limits{};
    // When we are root, run as an unprivileged user, who may still read every file. Without it root
    // ignores the limit on processes.
    bool drop_root = false;
    // When we are root, run as this user, for good and without a capability.
    std::optional<uid_t> user{};
    // The cgroup.procs of a cgroup that it enters before anything else; empty: it stays in ours.
    std::filesystem::path cgroup{};
    // Start it by this command instead, which takes --setenv NAME=VALUE for `more_environment`,
    // --show FILE, --report SOCKET (see warden.h), and after -- the arguments.
    std::vector<std::string> jail{};
    std::vector<std::string> shown{}; // files that it must see in the jail
};

struct ExitStatus {
    int code = 0;   // when signal is 0
    int signal = 0; // that ended it
    rusage usage{}; // of it and of the children that it waited for

    [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
};

// "exited with status 1", "was killed by SIGPIPE".
std::string to_string(const ExitStatus& status);

// Owns one child: whoever lets go of it kills and reaps it (it alone, not its tree; a jail with all
// that is in it).
class ChildProcess {
public:
    // What is around a program in a jail: its warden, the socket to that, and the warden's parent.
    struct Jail {
        pid_t warden = -1;
        UniqueFd reports;
        std::unique_ptr<ChildProcess> outside;
    };

    explicit ChildProcess(pid_t pid);
    ChildProcess(pid_t pid, Jail jail);
    ~ChildProcess();
    ChildProcess(ChildProcess&&) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Readable once the child has ended (pidfd_open(2)): for poll().
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }

    // Whose children its orphans become: ours, or the warden's of its jail.
    [[nodiscard]] pid_t adopter() const;

    // How it ended, or nothing while it lives. Does not block.
    std::optional<ExitStatus> status();
    // Waits at most so long.
    std::optional<ExitStatus> wait(Seconds most);

private:
    void take_status();
    void end_jail();

    pid_t pid_;
    UniqueFd pidfd_;
    std::optional<ExitStatus> status_;
    std::optional<Jail> jail_;
};

// A user that is nobody's, and whom no other program of ours has while this one lives: what runs as
// it and forks without end takes processes away from its own tests alone. For root.
uid_t unprivileged_user();

// The file that a command's first word names, looked for in PATH as a shell would. Throws
// std::system_error that names it.
std::filesystem::path find_program(const std::string& name);

// Starts it in a session of its own, with descriptors 0, 1, 2 and no other, default signals, and to
// be killed when the calling thread ends. Throws std::system_error that names the program.
ChildProcess spawn(const Command& command);

// Sets a soft limit of a living process that spawn() has started (prlimit(2)), and returns what it
// was. Throws std::system_error.
rlim_t change_soft_limit(pid_t pid, int resource, rlim_t value);

// Orphans below this process become its children instead of init's (PR_SET_CHILD_SUBREAPER).
void become_subreaper();

// The processes below `pid`, itself not included; zombies are.
std::vector<pid_t> descendants(pid_t pid);

// SIGKILLs `pid` and everything below it, none of them able to fork away: they are all stopped
// first. Reaps what is ours.
void kill_tree(pid_t pid);
// Kills the trees of all our children but these: what somebody who died could not clean up any
// more is ours then (become_subreaper).
void kill_children_except(const std::vector<pid_t>& ours);

// So many at a time as `asked` says, or, of 0, as there are processors.
unsigned at_a_time(unsigned asked);

// SIGKILLs and reaps everything below this process.
void kill_descendants();

// Words as a shell splits them: quotes and backslashes, no expansion. Throws std::invalid_argument
// for an open quote.
std::vector<std::string> split_command(const std::string& line);

} // namespace harness
