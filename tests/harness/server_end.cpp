// The end of a server under test: asked for, or of its own accord.

#include "common/errors.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"

#include <algorithm>
#include <csignal>

#include <poll.h>

namespace harness {

ExitStatus ServerProcess::wait_for_exit(Seconds most)
{
    // The contract's time is one on an idle machine.
    Wait wait(*this, std::max(most * measure_slowness(), patience()));
    std::optional<ExitStatus> status;
    while (!status && !wait.is_over()) {
        status = process_.wait(wait.left());
    }
    if (!status) {
        wait.fail("the server to end within " + std::to_string(static_cast<int>(most.count())) +
                      " s",
                  "a server that is still there");
    }
    may_die_ = true;
    return *status;
}

void ServerProcess::kill()
{
    may_die_ = true;
    signal(SIGKILL);
    process_.wait(patience());
}

bool ServerProcess::wait_for_death(Seconds most)
{
    pollfd ended{death(), POLLIN, 0};
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(most).count();
    const timespec limit{ns / 1'000'000'000, ns % 1'000'000'000};
    return ::ppoll(&ended, 1, &limit, nullptr) > 0;
}

bool ServerProcess::ended_soon()
{
    constexpr Seconds moment{0.1}; // only failing tests wait so long
    return wait_for_death(moment * measure_slowness());
}

namespace {

// By the signals that stand for one limit each.
void blame_limit(int signal)
{
    if (signal == SIGXFSZ) {
        blame("it wrote more than 16 MiB to its log or to a file: something is logged in a loop "
              "that never ends");
    } else if (signal == SIGXCPU) {
        blame("it used a minute of the processor's time: something is done in a loop that never "
              "ends");
    }
}

} // namespace

void ServerProcess::fail_because_dead(const std::string& awaited)
{
    const auto status = process_.wait(patience());
    blame_limit(status.value_or(ExitStatus{}).signal);
    harness::fail(awaited, "the server's end: it " + to_string(status.value_or(ExitStatus{})));
}

void ServerProcess::expect_that_it_lives()
{
    if (is_ending(pid())) {
        fail_because_dead("a server that goes on serving");
    }
}

} // namespace harness
