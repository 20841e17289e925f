// Signals change the whole process, so each of these tests runs in a child of its own
// (EXPECT_EXIT).
#include "common/errors.h"
#include "common/stop.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

using namespace lab;

namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;
using Clock = std::chrono::steady_clock;

constexpr Seconds an_hour{3'600};

// Sends this process a signal in a millisecond, whatever it does then.
void send_soon(int signal)
{
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal;
    timer_t timer = nullptr;
    check(::timer_create(CLOCK_MONOTONIC, &event, &timer), "timer_create");
    const itimerspec in_a_millisecond{{0, 0}, {0, 1'000'000}};
    check(::timer_settime(timer, 0, &in_a_millisecond, nullptr), "timer_settime");
}

// The errno of a read that nothing but a signal can end.
int errno_of_blocking_read()
{
    std::array<int, 2> ends{};
    check(::pipe(ends.data()), "pipe");
    char byte = 0;
    return ::read(ends[0], &byte, 1) == -1 ? errno : 0;
}

[[noreturn]] void exit_0_if(bool good)
{
    ::_exit(good ? 0 : 1);
}

} // namespace

TEST(StopDeathTest, NobodyHasAskedAtFirst)
{
    EXPECT_FALSE(stopping());
    EXPECT_EXIT((stop_on_signals(), exit_0_if(!stopping())), ExitedWithCode(0), "");
}

TEST(StopDeathTest, EitherSignalAsks)
{
    for (const int signal : {SIGTERM, SIGINT}) {
        EXPECT_EXIT((stop_on_signals(), ::raise(signal), exit_0_if(stopping())), ExitedWithCode(0),
                    "");
    }
}

TEST(StopDeathTest, TheSecondSignalEndsTheProgramAtOnce)
{
    for (const int second : {SIGTERM, SIGINT}) {
        EXPECT_EXIT((stop_on_signals(), ::raise(SIGTERM), ::raise(second)), KilledBySignal(second),
                    "");
    }
}

TEST(StopDeathTest, ASignalInterruptsABlockingCall)
{
    EXPECT_EXIT((stop_on_signals(), send_soon(SIGTERM),
                 exit_0_if(errno_of_blocking_read() == EINTR && stopping())),
                ExitedWithCode(0), "");
}

TEST(StopDeathTest, ASignalJustBeforeABlockingCallInterruptsItToo)
{
    EXPECT_EXIT((stop_on_signals(), ::raise(SIGTERM), exit_0_if(errno_of_blocking_read() == EINTR)),
                ExitedWithCode(0), "");
}

TEST(StopDeathTest, ASignalEndsAPause)
{
    EXPECT_EXIT((stop_on_signals(), send_soon(SIGTERM), pause_for(an_hour), exit_0_if(stopping())),
                ExitedWithCode(0), "");
}

TEST(StopDeathTest, NobodyPausesAnyMoreOnceAsked)
{
    EXPECT_EXIT((stop_on_signals(), ::raise(SIGINT), pause_for(an_hour), exit_0_if(stopping())),
                ExitedWithCode(0), "");
}

TEST(StopDeathTest, OtherSignalsDoNotShortenAPause)
{
    const auto pause_among_alarms = [] {
        stop_on_signals();
        const itimerval every_millisecond{{0, 1'000}, {0, 1'000}};
        check(::setitimer(ITIMER_REAL, &every_millisecond, nullptr), "setitimer");
        const auto start = Clock::now();
        pause_for(Seconds(0.01));
        exit_0_if(Clock::now() - start >= Seconds(0.01));
    };
    EXPECT_EXIT(pause_among_alarms(), ExitedWithCode(0), "");
}

TEST(Stop, APauseOfNothingTakesNoTime)
{
    const auto start = Clock::now();
    for (int i = 0; i < 10'000; ++i) {
        pause_for(Seconds(0));
    }
    EXPECT_LT(Clock::now() - start, Seconds(0.25)); // a kernel's sleep of 0 would take twice that
}
