// Stopping by signal, the same in every blocking server: SIGTERM or SIGINT asks, and the program
// notices at its next blocking call.
#pragma once

#include <chrono>

namespace lab {

using Seconds = std::chrono::duration<double>;

// From now on SIGTERM and SIGINT make stopping() true and interrupt every blocking call with EINTR:
// an alarm rings every 10 ms from then on, so that a call that began a moment too late ends as
// well. A second signal ends the program at once.
void stop_on_signals();

// Has somebody asked this process to stop?
bool stopping();

// Sleeps for that long, or until somebody asks to stop; other signals do not shorten it.
void pause_for(Seconds time);

} // namespace lab
