// From a folder of submissions to the index: who handed in what, and a copy of it of our own.
//
//   discover ── archive? unpack ── locate a lab's server.cpp ── copy to OUT/sources/HASH ── index
#pragma once

#include "grading/class/archive.h"
#include "grading/class/index.h"
#include "grading/class/layouts/layouts.h"

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct CollectOptions {
    std::filesystem::path submissions;
    std::filesystem::path out; // OUT/sources and OUT/unpacked are written
    std::vector<std::string> labs;
    LayoutOptions layout;
    UnpackOptions unpack;
    bool for_marks = true; // false: nothing is noted of lateness, which costs nobody anything
};

// Returns what the instructor should know, a line each, sorted. Throws std::invalid_argument for a
// folder that is none.
std::vector<std::string> collect(const CollectOptions& options, Index& index);

} // namespace grading
