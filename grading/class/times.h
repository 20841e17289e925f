// Times with their zone: a due date without one is no date.
#pragma once

#include <cstdint>
#include <string>

namespace grading {

// Seconds since 1970, as all times here. Before every due date: nothing is late by it.
constexpr std::int64_t unknown_time = 0;

// "2026-10-01T23:59:00+02:00", with a blank for the T, Z or UTC for the zone, fractions left out.
// Seconds since 1970. Throws std::invalid_argument that says what is wrong.
std::int64_t time_from(const std::string& text);
// "2026-10-01T21:59:00Z"
std::string to_utc(std::int64_t time);

} // namespace grading
