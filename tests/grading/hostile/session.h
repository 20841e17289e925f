// All submissions, one after the other, between two gradings of an honest one.
#pragma once

#include "grading/layout.h"

#include <string>
#include <vector>

namespace hostile {

constexpr int exit_problems = 1;

struct Options {
    grading::Layout layout;
    std::vector<std::string> only;
    std::string tier; // of the jail; empty: what the grader takes
    bool quick = false;
    bool without_namespaces = false;
};

// Where the submissions are, as seen from the folder of the Makefile.
constexpr const char* submissions_folder = "tests/grading/hostile";

// Prints the table; returns the exit status. The caller must be a subreaper.
int run_all(const Options& options);

} // namespace hostile
