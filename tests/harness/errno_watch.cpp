// A library to preload (ld.so(8), LD_PRELOAD) into a server under test: looks at every handler of
// SIGCHLD whether it leaves errno as it was. What runs between a failed system call and the look at
// errno is a few instructions, so no test from outside could ever hit it for certain.
//
// Says what it saw on stderr: "errno-watch: …". Plain C functions, as the C library's own.
//
// Who goes past them, by dlsym or syscall, has a handler that is not watched: whoever tests sees
// that one is there, and no mark in /proc/PID/maps. Left is who sets a watched one first and
// another past us then, or makes the mark himself: that is more work than to keep errno.

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using Handler = void (*)(int);
using Action = void (*)(int, siginfo_t*, void*);

std::atomic<Handler> handler = nullptr;
std::atomic<Action> action_handler = nullptr;

// The mark: once a handler is watched, memory of this library's that may be written and not read,
// as no other is.
constexpr std::size_t largest_page = 65'536;
alignas(largest_page) std::array<char, largest_page> mark{1}; // in the file's data, not beside it

// What no call sets, and no handler can put there by its own will: it is another in each process.
const int untouched =
    10'000 + static_cast<int>(reinterpret_cast<std::uintptr_t>(&handler) >> 12U & 0xffffU);

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

// … of the program's: ours may come back to us by way of the C library.
bool is_function(Handler function)
{
    return function != SIG_DFL && function != SIG_IGN && function != SIG_ERR &&
           function != SIG_HOLD && function != watched_handler;
}

void leave_the_mark()
{
    ::mprotect(mark.data(), mark.size(), PROT_WRITE);
}

// To the program it looks as if we were not there: else it would set our handler for its own.
Handler as_its_own(Handler function, Handler own)
{
    return function == watched_handler ? own : function;
}

Handler set_by(const char* name, int number, Handler wanted)
{
    auto* const real = next<Handler(int, Handler)>(name);
    if (number != SIGCHLD || !is_function(wanted)) {
        return as_its_own(real(number, wanted), handler);
    }
    leave_the_mark();
    const Handler own = handler.exchange(wanted);
    return as_its_own(real(number, watched_handler), own);
}

struct sigaction watched(struct sigaction action)
{
    leave_the_mark();
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        action_handler = action.sa_sigaction;
        action.sa_sigaction = watched_action;
    } else {
        handler = action.sa_handler;
        action.sa_handler = watched_handler;
    }
    return action;
}

} // namespace

extern "C" {

int sigaction(int signal, const struct sigaction* wanted, struct sigaction* before) noexcept
{
    static auto* const real = next<decltype(::sigaction)>("sigaction");
    if (signal != SIGCHLD) {
        return real(signal, wanted, before);
    }
    const Handler own = handler;
    const Action own_action = action_handler;
    struct sigaction mine {};
    if (wanted != nullptr) {
        mine = is_function(wanted->sa_handler) ? watched(*wanted) : *wanted;
    }
    const int result = real(signal, wanted == nullptr ? nullptr : &mine, before);
    if (before != nullptr && before->sa_sigaction == watched_action) {
        before->sa_sigaction = own_action;
    } else if (before != nullptr) {
        before->sa_handler = as_its_own(before->sa_handler, own);
    }
    return result;
}

Handler signal(int number, Handler wanted) noexcept
{
    return set_by("signal", number, wanted);
}

Handler bsd_signal(int number, Handler wanted) noexcept __attribute__((alias("signal")));

Handler ssignal(int number, Handler wanted) noexcept __attribute__((alias("signal")));

Handler sysv_signal(int number, Handler wanted) noexcept
{
    return set_by("sysv_signal", number, wanted);
}

Handler __sysv_signal(int number, Handler wanted) noexcept __attribute__((alias("sysv_signal")));

Handler sigset(int number, Handler wanted) noexcept
{
    return set_by("sigset", number, wanted);
}
}
