// What the gradebook and the statistics need of a record: little, so that it can be kept.
#pragma once

#include "grading/record.h"

#include <string>
#include <vector>

namespace grading {

struct TestSummary {
    std::string name;
    harness::Verdict verdict = harness::Verdict::not_run;
    double seconds = 0;
};

struct Summary {
    std::string outcome; // the word of to_string(Outcome)
    std::string sentence;
    std::string tier;
    int score = 0;
    int max_score = 0; // of the tests that count
    std::string chaff; // empty: it looks like none
    std::string chaff_sentence;
    double seconds = 0;
    Hashes hashes;
    std::vector<TestSummary> tests;

    [[nodiscard]] std::vector<std::string> inconclusive() const;
};

Summary summary_of(const Record& record);
std::string to_json(const Summary& summary);
Summary summary_from_json(std::string_view json); // throws std::runtime_error

} // namespace grading
