// What an instructor should know of the labs that a class is graded on.
#pragma once

#include "grading/class/index.h"
#include "grading/class/policy.h"

#include <string>
#include <vector>

namespace grading {

// A line each. Who grades all labs when only one was set makes noughts, and is told.
std::vector<std::string> notes_on_labs(const std::vector<std::string>& labs, const Policy& policy,
                                       Index& index);

} // namespace grading
