// Which submissions resemble each other, by Debian's similarity-tester: sim_c++ compares tokens, so
// that neither layout nor comments nor other names hide a copy.
//
// What comes from the skeleton is taken out of every file before any two are compared.
#pragma once

#include "grading/class/layouts/layouts.h"
#include "grading/layout.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct Source {
    std::string student; // as grade-class calls them; of what nobody has handed in, its file
    std::string text;
    std::string why_not{}; // it is not compared; empty: it is
    bool handed_in = true;
    std::string attempt{};         // "attempt 2 of 3" of somebody who has several
    std::vector<bool> from_base{}; // lines that the skeleton has as well
    std::size_t own_tokens = 0;    // the others'

    // As lists call it.
    [[nodiscard]] std::string name() const
    {
        return attempt.empty() ? student : student + " (" + attempt + ")";
    }
};

struct Lines { // from 1, both ends included
    std::size_t first = 0;
    std::size_t last = 0;
};

struct CommonRun { // the same in both but for names, numbers and layout
    Lines a;
    Lines b;
    std::size_t tokens = 0;
};

struct Resemblance {
    std::size_t a = 0; // indices of sources
    std::size_t b = 0;
    std::size_t tokens = 0; // in common
    int percent_of_a = 0;   // of what is a's own
    int percent_of_b = 0;
    std::vector<CommonRun> runs;

    [[nodiscard]] int percent() const { return std::max(percent_of_a, percent_of_b); }
};

struct Sources {
    std::vector<Source> all;        // by student, of each the oldest first
    std::vector<std::string> notes; // what the instructor should know, a line each
};

// What a class has handed in for this lab, in any layout that grade-class reads, archives too: each
// different attempt, for a copy that was handed in once is one. Of more than `most_files` the last
// ones, for sim's time grows with the square of how many there are. And what the labs after this
// one are given (common/after_NN), for somebody may have copied from there. Throws
// std::invalid_argument when there is no such folder, or nobody in it.
Sources find_sources(const std::filesystem::path& submissions, const LayoutOptions& handing,
                     const std::string& lab, const Layout& layout, std::size_t most_files = 1'000);

// Of each two students that have something in common the most similar attempts, the most similar
// pair first. Notes in the sources what of
// them is the skeleton's. Throws std::runtime_error when sim_c++ is missing, fails, or takes too
// long.
std::vector<Resemblance> compare(std::vector<Source>& sources, const std::string& skeleton,
                                 const std::filesystem::path& scratch);

// Of each student of whom nothing is compared the last attempt, which says why.
std::vector<const Source*> left_out(const std::vector<Source>& sources);

// The page with the pairs side by side.
std::string similarity_page(const std::string& lab, const std::vector<Source>& sources,
                            const std::vector<Resemblance>& pairs);

} // namespace grading
