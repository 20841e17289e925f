// Was it contained, and does the report say so as its header promises?
#pragma once

#include "tests/grading/hostile/cage.h"
#include "tests/grading/hostile/submission.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hostile {

struct Judgement {
    std::string verdict = "none";      // of the record, in short
    std::vector<std::string> escapes;  // what it reached or left behind: a sentence each
    std::vector<std::string> problems; // otherwise not as the header promises
    double seconds = 0;
};

// Of what the cage has seen, and of OUT/record.json and OUT/report.txt.
Judgement judge(const Submission& submission, const Caged& caged, const std::filesystem::path& out);

// The honest student's id, in a class.
constexpr const char* honest = "honest";

// … and of the gradebook of a class: what became of the one who is not honest, and of the one who
// is.
Judgement judge_class(const Submission& submission, const Caged& caged,
                      const std::filesystem::path& out);

} // namespace hostile
