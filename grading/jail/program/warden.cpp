// started ── wait ──┬─ an orphan: reap it
//                   └─ the program: report its end, keep its number taken, wait to be killed

#include "tests/harness/warden.h"

#include "grading/jail/program/door.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jail {

bool apply(const std::vector<Limit>& limits)
{
    for (const Limit& limit : limits) {
        rlimit value = limit.value;
        rlimit before{};
        ::getrlimit(limit.resource, &before);
        value.rlim_max = std::min(value.rlim_max, before.rlim_max);
        value.rlim_cur = std::min(value.rlim_cur, value.rlim_max);
        if (::setrlimit(limit.resource, &value) != 0) {
            return false;
        }
    }
    return true;
}

namespace {

using harness::WardenMessage;
using harness::WardenWord;

constexpr int cannot_execute = 126;

void tell(int report, const WardenMessage& message)
{
    if (report != -1) {
        ::send(report, &message, sizeof message, MSG_NOSIGNAL);
    }
}

// Descriptors are a way out: none but the standard ones and the socket comes in.
void close_all_but(int report)
{
    const auto fd = static_cast<unsigned>(report);
    if (report == -1) {
        ::syscall(SYS_close_range, 3U, ~0U, 0U);
        return;
    }
    if (report > 3) {
        ::syscall(SYS_close_range, 3U, fd - 1, 0U);
    }
    ::syscall(SYS_close_range, fd + 1, ~0U, 0U);
    ::fcntl(report, F_SETFD, FD_CLOEXEC);
}

// When the kernel runs out of memory it is to choose the stranger. Who may not be looked into owns
// no file below /proc/self either, and may not write to it.
void be_first_to_go()
{
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    [[maybe_unused]] const ssize_t written = ::write(fd, "1000", 4);
    ::close(fd);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// In the child: becomes the program, or says why not.
[[noreturn]] void become_program(const Request& request, int trouble)
{
    std::vector<char*> words;
    for (const std::string& word : request.command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    ::setsid();
    be_first_to_go();
    if (apply(request.limits)) {
        tell(request.report, {.word = WardenWord::started});
        ::execvp(words[0], words.data());
    }
    const int why = errno;
    [[maybe_unused]] const ssize_t written = ::write(trouble, &why, sizeof why);
    ::_exit(cannot_execute);
}

// 0 when it is executed, else errno.
int start(const Request& request, pid_t& program)
{
    std::array<int, 2> trouble{};
    if (::pipe2(trouble.data(), O_CLOEXEC) == -1) {
        return errno;
    }
    program = ::fork();
    if (program == -1) {
        return errno;
    }
    if (program == 0) {
        become_program(request, trouble[1]);
    }
    ::close(trouble[1]);
    int why = 0;
    [[maybe_unused]] const ssize_t count = ::read(trouble[0], &why, sizeof why);
    ::close(trouble[0]);
    return why;
}

// Until the program ends. It is not reaped: its number must stay its own.
WardenMessage wait_for(pid_t program)
{
    for (;;) {
        siginfo_t ended{};
        WardenMessage message{.word = WardenWord::ended};
        if (::syscall(SYS_waitid, P_ALL, 0, &ended, WEXITED | WNOWAIT, &message.usage) == -1) {
            continue; // EINTR; there is always a child
        }
        if (ended.si_pid != program) {
            ::waitpid(ended.si_pid, nullptr, 0);
            continue;
        }
        message.number = ended.si_code == CLD_EXITED ? W_EXITCODE(ended.si_status, 0)
                                                     : W_EXITCODE(0, ended.si_status);
        return message;
    }
}

} // namespace

int keep(const Request& request)
{
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // nobody in the jail may look into us
    close_all_but(request.report);
    tell(request.report, {.word = WardenWord::here});
    pid_t program = -1;
    if (const int why = start(request, program); why != 0) {
        tell(request.report, {.word = WardenWord::failed, .number = why});
        std::fprintf(stderr, "%s: %s\n", request.command[0].c_str(), std::strerror(why));
        return cannot_execute;
    }
    tell(request.report, {.word = WardenWord::executed});
    const WardenMessage end = wait_for(program);
    if (request.report == -1) {
        return WIFEXITED(end.number) ? WEXITSTATUS(end.number) : 128 + WTERMSIG(end.number);
    }
    tell(request.report, end);
    for (;;) { // what it left behind lives on, to be looked at
        ::pause();
    }
}

} // namespace jail
