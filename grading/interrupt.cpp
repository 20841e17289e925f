#include "grading/interrupt.h"

#include "common/errors.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>

namespace grading {

Interrupt::Interrupt()
{
    sigset_t stops;
    ::sigemptyset(&stops);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        ::sigaddset(&stops, signal);
    }
    ::sigprocmask(SIG_BLOCK, &stops, &before_);
    signals_.reset(lab::check(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

Interrupt::~Interrupt()
{
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::wait_for_any(const std::vector<int>& pidfds, harness::Seconds most)
{
    std::vector<pollfd> awaited{{signals_.get(), POLLIN, 0}};
    for (const int pidfd : pidfds) {
        awaited.push_back({pidfd, POLLIN, 0});
    }
    const auto ms =
        std::chrono::ceil<std::chrono::milliseconds>(std::max(most, harness::Seconds(0)));
    if (::poll(awaited.data(), awaited.size(), static_cast<int>(ms.count())) == -1 &&
        errno != EINTR) {
        lab::fail("poll");
    }
    if ((awaited[0].revents & POLLIN) != 0) {
        signalfd_siginfo ignored; // taken, so that the signal does not end us when let through
        while (::read(signals_.get(), &ignored, sizeof(ignored)) > 0) {
        }
        throw Interrupted();
    }
}

} // namespace grading
