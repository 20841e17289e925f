// What a class has done as a whole: marks per lab, results per test, bugs by chaff. Its size is
// that of the labs, not of the class.
#pragma once

#include "grading/class/gradebook.h"
#include "grading/class/summary.h"
#include "grading/mark_statistics.h"

#include <array>
#include <map>
#include <string>

namespace grading {

struct TestCount {
    std::array<int, 6> verdicts{}; // by harness::Verdict
    double seconds = 0;            // of all runs that decided
};

struct BugCount {
    int students = 0;
    std::string sentence;
};

struct LabStatistics {
    std::map<std::string, int> outcomes;
    MarkStatistics marks; // of those that have one
    std::map<std::string, TestCount> tests;
    std::map<std::string, BugCount> bugs;
};

class Statistics {
public:
    void add(const std::string& lab, const Mark& mark, const Summary* summary);
    [[nodiscard]] const std::map<std::string, LabStatistics>& labs() const { return labs_; }

    // lab, test, and how many had which verdict.
    [[nodiscard]] std::string tests_csv() const;
    // lab, bug, how many students, the sentence that a tutor would say.
    [[nodiscard]] std::string bugs_csv() const;
    // A line a lab, and the most frequent bugs; for the end of a run.
    [[nodiscard]] std::string text() const;

private:
    std::map<std::string, LabStatistics> labs_;
};

} // namespace grading
