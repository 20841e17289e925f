#include "grading/forgery.h"

#include <algorithm>
#include <array>

namespace grading {

namespace {

// As GoogleTest, the drivers and the records have it.
constexpr std::array<std::string_view, 5> marks{"[  PASSED  ]", "[       OK ]", "== Test ",
                                                "\"verdict\":", "\"max_score\":"};

constexpr std::string_view sentence =
    "The server prints a result of its own: marks come from the test driver only.";

bool has_result(const std::string& log)
{
    return std::ranges::any_of(
        marks, [&](std::string_view mark) { return log.find(mark) != std::string::npos; });
}

} // namespace

void note_forgeries(Record& record)
{
    for (TestResult& test : record.tests) {
        harness::Report& report = test.report;
        if (report.failure && is_open(test) && has_result(report.log)) {
            std::string& cause = report.failure->cause;
            cause += (cause.empty() ? "" : " ") + std::string(sentence);
        }
    }
}

} // namespace grading
