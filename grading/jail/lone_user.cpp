#include "grading/jail/lone_user.h"

#include "common/errors.h"
#include "grading/files.h"
#include "tests/harness/spawn.h"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grading {

namespace {

constexpr uid_t graders = 200; // on one machine at a time, as harness::unprivileged_user has it

// Every process of this user's. It is killed by one who may (kill(2) asks for the killer's
// effective user) and whom it may not: his real and saved user are nobody's.
void end_all_of(uid_t user)
{
    constexpr uid_t first_of_killers = 61'000;
    const uid_t killer = first_of_killers + harness::unprivileged_user() % graders;
    const pid_t pid = lab::check(::fork(), "fork");
    if (pid == 0) {
        const bool changed = ::setgroups(0, nullptr) == 0 && ::setresuid(killer, user, killer) == 0;
        ::_exit(changed && (::kill(-1, SIGKILL) == 0 || errno == ESRCH) ? 0 : 1);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) == -1 && errno == EINTR) {
    }
    if (status != 0) {
        throw std::runtime_error("the processes of user " + std::to_string(user) +
                                 " cannot be ended");
    }
}

} // namespace

uid_t next_lone_user()
{
    constexpr uid_t first = 40'000; // below what a container's own range of users ends at
    constexpr uid_t for_each_grader = 100;
    static uid_t used = 0;
    const uid_t slot = harness::unprivileged_user() % graders;
    const uid_t user = first + slot * for_each_grader + used++ % for_each_grader;
    end_all_of(user); // left by a grader that was killed: it could reach who comes now
    return user;
}

void sweep_after(uid_t user)
{
    end_all_of(user);
    harness::Command sweep{.arguments = {"find", "/tmp", "/var/tmp", "/dev/shm", "-xdev", "-user",
                                         std::to_string(user), "-delete"},
                           .directory = "/"};
    sweep.user = user;
    const lab::UniqueFd complaints = memory_file(); // of what is not its own
    sweep.errors = complaints.get();
    harness::spawn(sweep).wait(harness::Seconds(60));
}

} // namespace grading
