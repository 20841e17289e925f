// One client on a blocking socket, from hello to goodbye, for the labs whose lesson is who waits,
// not how to talk. That is lab 01's, which is not given this: its servers are linked without.
#pragma once

#include "common/options.h"
#include "common/unique_fd.h"

#include <functional>

namespace lab {

// Takes the connection, serves it until either side is done or this process is to stop, and closes
// it. Whatever goes wrong with this client (reset, time-out) is logged and ends here.
void serve_client(UniqueFd peer, const Options& options);

// The same for a server that looks after mishaps itself: whatever goes wrong with this client is
// thrown, as std::system_error; silence for too long has the code ETIMEDOUT. Calls `replied` after
// each reply.
void talk_with_client(UniqueFd peer, const Options& options, const std::function<void()>& replied);

} // namespace lab
