// The page of a class: statistics over all of it, and a table of its students.
#pragma once

#include "grading/class/gradebook.h"
#include "grading/pages/statistics.h"

#include <ostream>
#include <string>
#include <vector>

namespace grading {

// A mark that somebody should look at before it is given out.
struct Doubt {
    StudentIndex student = 0;
    std::string lab;
    std::string what; // "did not compile"
    std::string why;
};

// Written as it is made: a class may be large.
void write_class_page(std::ostream& page, const Gradebook& gradebook, const ClassTally& tallies,
                      const std::vector<Doubt>& doubts);

} // namespace grading
