// A library to preload (ld.so(8), LD_PRELOAD) into a server under test: looks at every handler of
// SIGCHLD whether it leaves errno as it was. What runs between a failed system call and the look at
// errno is a few instructions, so no test from outside could ever hit it for certain.
//
// Says what it saw on stderr: "errno-watch: …". Plain C functions, as the C library's own.

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <dlfcn.h>
#include <unistd.h>

namespace {

using Handler = void (*)(int);
using Action = void (*)(int, siginfo_t*, void*);

std::atomic<Handler> handler = nullptr;
std::atomic<Action> action_handler = nullptr;

constexpr int untouched = EOVERFLOW; // no call of a handler of SIGCHLD sets it

// Async-signal-safe.
void say(const char* text)
{
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void judge(int before)
{
    if (errno != untouched) {
        say("errno-watch: the handler of SIGCHLD changed errno\n");
    }
    errno = before;
}

void watched_handler(int signal)
{
    const int before = errno;
    errno = untouched;
    handler.load()(signal);
    judge(before);
}

void watched_action(int signal, siginfo_t* info, void* context)
{
    const int before = errno;
    errno = untouched;
    action_handler.load()(signal, info, context);
    judge(before);
}

template <typename Function> Function* next(const char* name)
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_function(Handler function)
{
    return function != SIG_DFL && function != SIG_IGN && function != SIG_ERR;
}

} // namespace

extern "C" {

int sigaction(int signal, const struct sigaction* wanted, struct sigaction* before) noexcept
{
    static auto* const real = next<decltype(::sigaction)>("sigaction");
    if (signal != SIGCHLD || wanted == nullptr) {
        return real(signal, wanted, before);
    }
    struct sigaction mine = *wanted;
    if ((wanted->sa_flags & SA_SIGINFO) != 0) {
        action_handler = wanted->sa_sigaction;
        mine.sa_sigaction = watched_action;
    } else if (is_function(wanted->sa_handler)) {
        handler = wanted->sa_handler;
        mine.sa_handler = watched_handler;
    }
    return real(signal, &mine, before);
}

Handler signal(int number, Handler wanted) noexcept
{
    static auto* const real = next<decltype(::signal)>("signal");
    if (number != SIGCHLD || !is_function(wanted)) {
        return real(number, wanted);
    }
    handler = wanted;
    return real(number, watched_handler);
}
}
