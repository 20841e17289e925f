// From records to the gradebook: streamed, a student at a time, and the same records always give
// the same bytes: no clock and no duration goes into it.
#pragma once

#include "grading/class/index.h"
#include "grading/class/policy.h"
#include "grading/class/statistics.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace grading {

struct BookOptions {
    std::filesystem::path out;
    std::vector<LabOfClass> labs;
    Policy policy;
    // Of each lab, what a submission's hash is completed with to a record's key.
    std::map<std::string, Hashes> hashes;
};

// Someone whose mark is still open, and why.
struct OpenMark {
    std::string student;
    std::string lab;
    std::string why;
};

struct BookResult {
    Statistics statistics;
    std::vector<OpenMark> open; // the first hundred
    std::size_t all_open = 0;
    std::size_t students = 0;
    std::size_t damaged = 0;         // records that could not be read, now moved aside
    std::vector<std::string> damage; // "FILE: why", of the first hundred
};

// Writes OUT/gradebook.json and .csv, OUT/tests.csv, OUT/bugs.csv, each atomically.
BookResult write_book(const BookOptions& options, Index& index);

} // namespace grading
