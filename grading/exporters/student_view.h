// What of a record a student may see: the rubric's visibility and detail, heeded in one place.
#pragma once

#include "grading/record.h"

#include <string>

namespace grading {

// Every test, but of each only as much as its detail allows, and nothing that one of those tells
// about a test that is hidden. For a platform that hides whole tests itself.
Record with_details_kept_back(const Record& record, Visibility shown = Visibility::visible);

// That, without the tests that a student may not see yet; the points are summed up anew. `shown`
// are tests of that visibility and of those before it; never those that are hidden.
Record student_view(const Record& record, Visibility shown = Visibility::visible);

// Are there tests that student_view leaves out?
bool keeps_tests_back(const Record& record, Visibility shown = Visibility::visible);

// The text for a student about a test of either view: empty when there is nothing to say.
std::string told(const TestResult& test);

// What happened to a submission without marks, or with some only; empty when all is as usual.
std::string remark_on(const Record& record);

// That the others stand for tests which do not count; empty when all count.
std::string remark_on_scale(const Record& view);

// How many of its tests have come to a verdict.
int tests_decided(const Record& record);

} // namespace grading
