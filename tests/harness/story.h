// The story of the running test: each word of a test adds a line to it, and when something is not
// as it should be the story ends here.
#pragma once

#include "tests/harness/report.h"

#include <functional>
#include <string>
#include <string_view>

namespace harness {

// Begins a new report. The driver's main does this before each test.
void begin_story(const std::string& test);
// How many have begun: the number of the test that runs.
int stories_begun();
// The report so far: the driver completes and keeps it.
Report& story();

// Adds a line to what the test did: "alice sent \"Simple is better than?\"".
void step(const std::string& text);

// What is wrong, most likely, if one of the next steps fails: as a tutor would say it.
void blame(const std::string& cause);

// Ends the test. They throw testing::AssertionException, which GoogleTest takes for a failure that
// has been reported.
[[noreturn]] void fail(const std::string& expected, const std::string& got);
[[noreturn]] void inconclusive(const std::string& why);
// This machine lacks what the test needs: no points lost.
[[noreturn]] void skip(const std::string& why);

// Fails unless the fact holds.
void expect(bool fact, const std::string& expected, const std::string& got);

} // namespace harness
