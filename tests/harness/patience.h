// How long a test waits for what a right server does at once. Paid only by failing servers, hence
// generous; scaled by how slow this machine is now, hence the same verdict on a loaded one.
#pragma once

#include "common/stop.h"

#include <functional>
#include <string>

namespace harness {

using lab::Seconds;

// How many times slower than an idle machine this one is now: 1 or more, measured.
double measure_slowness();

// How long to wait before a test fails: some seconds × the slowness measured at the first call.
Seconds patience();

class ServerProcess;

// Waits until the fact holds, looking at growing intervals. The test fails at once when the server
// dies meanwhile, and when patience ends: it says that `awaited` did not come, and `got` what was
// there instead. Should the machine have become much slower meanwhile, it is inconclusive.
void eventually(ServerProcess& server, const std::string& awaited,
                const std::function<bool()>& fact, const std::function<std::string()>& got);

} // namespace harness
