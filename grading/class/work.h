// Grades units of a manifest, each by a `grade` of its own, so many at a time. Any engine can run
// it: what has a record is left alone, and records are all that it leaves.
#pragma once

#include "grading/class/manifest.h"
#include "grading/interrupt.h"

#include <filesystem>
#include <functional>
#include <limits>
#include <string>

namespace grading {

struct WorkOptions {
    std::filesystem::path out;
    unsigned jobs = 0; // units at a time; 0: one a core
    std::size_t first = 0;
    std::size_t last = std::numeric_limits<std::size_t>::max(); // exclusive
    unsigned tries = 3;   // of what the grader, not the submission, is to blame for
    double limit = 1'800; // seconds for one unit
};

enum class UnitEnd { had_record, graded, inconclusive, failed };

// Is told of each unit, in whatever order they end. `why` is of a failed one.
using UnitObserver = std::function<void(const Unit& unit, UnitEnd end, const std::string& why)>;

// Throws Interrupted once everything is gone that was running. The caller must be a subreaper.
void work(const WorkOptions& options, Interrupt& interrupt, const UnitObserver& observer);

} // namespace grading
