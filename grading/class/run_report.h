// What a run over a class says of itself at its end: run.json, and some lines for whoever waits.
#pragma once

#include "grading/class/book.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

namespace grading {

struct RunFacts {
    std::string engine;
    unsigned jobs = 0;      // 0: one a core
    std::size_t units = 0;  // a submission and a lab each
    std::size_t graded = 0; // of those now: the others had a record
    double slowness = 0;    // of the machine; 0: nothing was graded, so it was not measured
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
};

// What the gradebook must not hold: when, how long, how fast.
void write_run_file(const std::filesystem::path& out, const RunFacts& facts,
                    const BookResult& result);

void print_report(const std::filesystem::path& out, const RunFacts& facts,
                  const BookResult& result);

} // namespace grading
