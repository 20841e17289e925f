// Marks, days and the like, as people write them.
#pragma once

#include <string>

namespace grading {

// 12.5, 13, 0.33: two decimals at most, halves rounded away from nought.
std::string decimal(double number);
// The number that is.
double to_cents(double number);

} // namespace grading
