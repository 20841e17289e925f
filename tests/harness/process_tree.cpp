// Processes that are there already: their limits, and their end with all that they have started.

#include "common/errors.h"
#include "tests/harness/proc.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {

namespace {

// While it lives our real user and group are those of a process: prlimit(2) asks for that, or for a
// capability that root of a container often lacks. The effective ones, and our rights, stay.
class RealIds {
public:
    explicit RealIds(pid_t pid) : uid_(::getuid()), gid_(::getgid())
    {
        if (::geteuid() == 0) {
            const uid_t owner = user_of(pid);
            set(owner, owner); // spawn() gives user and group the same number
        }
    }
    ~RealIds() { set(uid_, gid_); }
    RealIds(const RealIds&) = delete;
    RealIds& operator=(const RealIds&) = delete;

private:
    static void set(uid_t uid, gid_t gid)
    {
        const auto same = static_cast<uid_t>(-1);
        if (::setresgid(gid, same, same) != 0 || ::setresuid(uid, same, same) != 0) {
            lab::fail("setresuid");
        }
    }
    uid_t uid_;
    gid_t gid_;
};

} // namespace

rlim_t change_soft_limit(pid_t pid, int resource, rlim_t value)
{
    const RealIds as_its_owner(pid);
    const auto which = static_cast<__rlimit_resource>(resource);
    rlimit limit{};
    lab::check(::prlimit(pid, which, nullptr, &limit), "prlimit");
    const rlim_t before = std::exchange(limit.rlim_cur, value);
    lab::check(::prlimit(pid, which, &limit, nullptr), "prlimit");
    return before;
}

void become_subreaper()
{
    lab::check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "PR_SET_CHILD_SUBREAPER");
}

std::vector<pid_t> descendants(pid_t pid)
{
    std::vector<pid_t> found = children_of(pid);
    for (std::size_t next = 0; next < found.size(); ++next) {
        const auto more = children_of(found[next]);
        found.insert(found.end(), more.begin(), more.end());
    }
    return found;
}

namespace {

// Stops every process of a tree, so that none can fork any more; returns them.
std::vector<pid_t> stop_tree(pid_t root, bool with_root)
{
    std::vector<pid_t> stopped;
    for (bool more = true; more;) {
        more = false;
        std::vector<pid_t> tree = descendants(root);
        if (with_root) {
            tree.push_back(root);
        }
        for (const pid_t pid : tree) {
            if (std::ranges::find(stopped, pid) == stopped.end()) {
                ::kill(pid, SIGSTOP);
                stopped.push_back(pid);
                more = true;
            }
        }
    }
    return stopped;
}

void kill_all(const std::vector<pid_t>& pids)
{
    std::ranges::for_each(pids, [](pid_t pid) { ::kill(pid, SIGKILL); });
    // Children are awaited; grandchildren become ours when their parents are gone, if we are the
    // subreaper, and are awaited in the next round.
    for (bool more = true; more;) {
        more = false;
        for (const pid_t pid : pids) {
            more = ::waitpid(pid, nullptr, 0) == pid || more;
        }
    }
}

} // namespace

void kill_tree(pid_t pid)
{
    kill_all(stop_tree(pid, true));
}

void kill_children_except(const std::vector<pid_t>& ours)
{
    for (const pid_t child : children_of(::getpid())) {
        if (std::ranges::find(ours, child) == ours.end()) {
            kill_tree(child);
        }
    }
}

unsigned at_a_time(unsigned asked)
{
    return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

void kill_descendants()
{
    while (!children_of(::getpid()).empty()) {
        kill_all(stop_tree(::getpid(), false));
    }
}

} // namespace harness
