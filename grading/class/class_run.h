// One command for a class: from a folder of submissions to records and a gradebook.
//
//   lock ── sweep ── collect ── manifest ── grade what has no record ── gradebook ── pages
#pragma once

#include "grading/class/layouts/layouts.h"
#include "grading/layout.h"

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct ClassRequest {
    Layout layout; // of the repository
    std::filesystem::path submissions;
    std::filesystem::path out;
    std::vector<std::string> labs; // "02-fork"; sorted
    LayoutOptions handing;
    std::filesystem::path policy; // empty: none
    unsigned jobs = 0;            // units at a time; 0: one a core
    bool regrade_all = false;
    std::vector<std::string> regrade; // students
    std::string tier = "auto";        // the sandbox: as for `grade --tier`
    std::string engine = "local";
    std::string engine_options; // words for sbatch, or hosts for parallel
};

// Exit status: 0; 3 when the grader failed somewhere, so that a mark is open; 130 when interrupted.
// Throws std::invalid_argument for what is wrong in the request.
int grade_class(const ClassRequest& request);

} // namespace grading
