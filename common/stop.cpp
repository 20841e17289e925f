#include "common/stop.h"

#include "common/errors.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include <sys/time.h>

namespace lab {

namespace {

// Written by a signal handler, read by every thread: a lock-free atomic is allowed both.
std::atomic<bool> stop_asked = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void wake_up(int) {}

// A signal that comes between the look at stopping() and the blocking call would be slept through.
// So the handler also sets an alarm that rings again and again: the first ring after the race
// interrupts the call.
void ask_to_stop(int)
{
    stop_asked = true;
    std::signal(SIGTERM, SIG_DFL); // the second one ends the program at once
    std::signal(SIGINT, SIG_DFL);
    const itimerval every_10_ms{{0, 10'000}, {0, 10'000}};
    ::setitimer(ITIMER_REAL, &every_10_ms, nullptr);
}

void install(int signal, void (*handler)(int))
{
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = 0; // without SA_RESTART: a blocking call ends with EINTR
    check(::sigaction(signal, &action, nullptr), "sigaction");
}

} // namespace

void stop_on_signals()
{
    install(SIGALRM, wake_up);
    install(SIGTERM, ask_to_stop);
    install(SIGINT, ask_to_stop);
}

bool stopping()
{
    return stop_asked;
}

void pause_for(Seconds time)
{
    if (time <= Seconds::zero()) {
        return; // even a sleep of nothing costs tens of microseconds
    }
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::chrono::nanoseconds rest =
        std::chrono::duration_cast<std::chrono::nanoseconds>(time - whole);
    timespec left{whole.count(), rest.count()};
    while (!stopping() && ::nanosleep(&left, &left) == -1 && errno == EINTR) {
    }
}

} // namespace lab
