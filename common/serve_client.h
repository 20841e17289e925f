// One client on a blocking socket, from hello to goodbye: what lab 01 teaches, for the labs after
// it whose lesson is who waits, not how to talk.
#pragma once

#include "common/options.h"
#include "common/unique_fd.h"

#include <functional>

namespace lab {

// Takes the connection, serves it until either side is done or this process is to stop, and closes
// it. Whatever goes wrong with this client (reset, time-out) is logged and ends here.
void serve_client(UniqueFd peer, const Options& options);

// The same for a server that looks after mishaps itself: whatever goes wrong with this client is
// thrown, as std::system_error. Calls `replied` after each reply.
void talk_with_client(UniqueFd peer, const Options& options, const std::function<void()>& replied);

} // namespace lab
