// Time limits for a stranger's processes that a loaded machine does not shorten.
#pragma once

#include "tests/harness/spawn.h"

#include <functional>
#include <optional>

namespace grading {

// Until the process has ended, or it and those below it have had so much time that they could use
// (tests/harness/opportunity.h); then it is running still, as it is when nothing at all has
// happened for a multiple of that. `pause` waits for so long at most, or for the process.
std::optional<harness::ExitStatus>
wait_for_own_time(harness::ChildProcess& process, harness::Seconds most,
                  const std::function<void(harness::Seconds)>& pause);

} // namespace grading
