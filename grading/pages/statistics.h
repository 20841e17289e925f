// What is known of a class without its records: sums, one record after the other.
#pragma once

#include "grading/class/gradebook.h"
#include "grading/mark_statistics.h"
#include "grading/record.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace grading {

using StudentIndex = std::uint32_t; // in the gradebook

// How long something took, many times over: counts by length, so that it needs little room.
class Times {
public:
    void add(double seconds);
    // Half of them (0.5) took at most so long, to a tenth of it. Nought of none.
    [[nodiscard]] double quantile(double share) const;

private:
    std::array<std::uint32_t, 160> counts_{}; // from a millisecond, each a tenth longer
    std::uint64_t all_ = 0;
};

struct TestTally {
    std::string title;
    int task = 0;
    int max_points = 0;
    long points = 0;
    std::array<std::size_t, 6> verdicts{}; // by harness::Verdict
    Times times;

    [[nodiscard]] std::size_t count(harness::Verdict verdict) const
    {
        return verdicts.at(static_cast<std::size_t>(verdict));
    }
    // Those whose verdict is one on the student's work.
    [[nodiscard]] std::size_t judged() const;
};

struct BugTally { // a chaff that submissions look like
    std::string sentence;
    std::vector<StudentIndex> students;
};

struct LabTally {
    static constexpr std::size_t bins = 10; // of marks, from nothing to all

    std::array<std::vector<StudentIndex>, bins> by_mark; // of those that have one
    MarkStatistics marks;                                // likewise
    std::map<std::string, std::size_t> outcomes;         // by its word
    std::size_t missing = 0;                             // nothing was handed in
    std::size_t late = 0;
    double late_days = 0;
    std::size_t penalised = 0;
    std::map<int, std::size_t> attempts; // how many students have handed in so often
    std::vector<std::string> order;      // of the tests, as in the rubric
    std::map<std::string, TestTally> tests;
    std::map<std::string, BugTally> bugs; // by the chaff's name
    Times times;                          // of grading one submission

    void add(StudentIndex student, const Mark& mark, const LabOfClass& lab);
    void add(StudentIndex student, const Record& record);
};

// Of a class: by the name of the lab.
using ClassTally = std::map<std::string, LabTally>;

} // namespace grading
