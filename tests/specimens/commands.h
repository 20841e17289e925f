// What the program can be asked to do.
#pragma once

#include "grading/layout.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace specimens {

constexpr int exit_problems = 1;
constexpr int exit_interrupted = 130;

struct Arguments {
    grading::Layout layout;
    std::vector<std::string> labs;
    std::size_t jobs = 0; // 0: as many as suit
    int times = 200;
    std::string only;   // one test, or one specimen
    std::string server; // of judge
    std::string tsan_server;
    std::filesystem::path out;
};

// Each returns the exit status of the program.
int run_matrix(const Arguments& arguments, const std::vector<std::string>& labs);
int run_judge(const Arguments& arguments, const std::vector<std::string>& labs);
int run_stress(const Arguments& arguments, const std::vector<std::string>& labs);

} // namespace specimens
