// One record as a student reads it: the verdict, what failed and why, hints, what passed.
#pragma once

#include "grading/pages/for_student.h"
#include "grading/rubric.h"

#include <string>

namespace grading {

// Where on a page it stands.
struct Place {
    int level = 2;        // of its headings
    std::string remark{}; // HTML, below the score: penalties and attempts
};

// As HTML. Without a rubric there are neither tasks nor hints.
std::string result_of(const StudentView& view, const Rubric* rubric, const Place& place);

// A test that did not pass, as the failure report tells it. `level` is that of its own headings.
std::string test_article(const TestResult& test, int level);

} // namespace grading
