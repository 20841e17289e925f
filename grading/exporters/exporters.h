// Views of a record for people and for platforms.
#pragma once

#include "grading/record.h"
#include "grading/rubric.h"

#include <string>
#include <string_view>
#include <vector>

namespace grading {

// One line: "== Test ServesTwoClientsAtOnce == PASS (0.1s)  5/5".
std::string test_line(const TestResult& test, bool colour);
// The whole report of one test, as a student reads it.
std::string test_report(const TestResult& test);
// All that follows the tests' lines: reports of those that did not pass, marks by task, score, what
// it looks like, what to do next.
std::string summary(const Record& record, const Rubric& rubric, bool colour);
// Both, in the rubric's order.
std::string as_text(const Record& record, const Rubric& rubric, bool colour);
// For the fast loop: the first failure in full, the others by name, and what to do next.
std::string quick_summary(const Record& record, bool colour);

// Each format for a platform; formats.h has the table of them. All heed what the rubric keeps from
// students, but as_json, which is the record.
std::string as_json(const Record& record);
std::string as_gradescope(const Record& record);
std::string as_classroom50(const Record& record); // reads the variables below
std::vector<std::string_view> classroom50_environment();
std::string as_github(const Record& record);
std::string as_github_summary(const Record& record);
std::string as_prairielearn(const Record& record);
std::string as_autolab(const Record& record);
std::string as_exercism(const Record& record);
std::string as_junit(const Record& record);
std::string as_tap(const Record& record);

// Broken at spaces into lines of 90 columns, each of them indented by four.
std::string wrapped(const std::string& text);

} // namespace grading
