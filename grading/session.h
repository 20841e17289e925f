// Grades one submission on one lab, from source file to report.
#pragma once

#include "grading/layout.h"

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

// For those who write labs: what the outcome must be, or the exit status is 1.
enum class Expect { anything, all_pass, only_free_pass };

struct Request {
    Layout layout;
    std::string lab;                  // "02-fork"
    std::filesystem::path submission; // a folder with a server.cpp; empty: the student's own
    std::string server;               // a command to test instead: nothing is compiled
    std::vector<std::string> only;    // of the lab's tests; empty: all
    std::string format = "text";      // one of exporters/formats.h
    std::filesystem::path out;        // empty: stdout
    std::filesystem::path record;     // empty: where the student's own results are kept
    std::filesystem::path scratch;    // folder for temporary files; empty: in the build folder
    std::string tier = "auto";        // or A to D: the sandbox (jail/tier.h)
    unsigned jobs = 0;                // tests at a time; 0: one a core
    double time_limit = 150;          // seconds, of one run of one test (RunOptions)
    double compile_limit = 30;
    Expect expect = Expect::anything;
    bool only_record = false; // write it once, at the end, and nothing else
    bool quick = false;       // the fast loop: takes the server that make has built, and is brief
};

enum ExitStatus : int {
    exit_graded = 0,
    exit_failed = 1, // quick: something did not pass
    exit_usage = 2,
    exit_infrastructure = 3,
    exit_interrupted = 130,
};

// Throws RubricError, and std::invalid_argument for a test that is none, and for a tier that cannot
// be had.
int grade_one(const Request& request);

} // namespace grading
