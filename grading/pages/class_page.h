// The page of a class: statistics over all of it, and a table of its students.
#pragma once

#include "grading/class/gradebook.h"
#include "grading/pages/statistics.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace grading {

// A mark that somebody should look at before it is given out.
struct Doubt {
    std::string lab;
    std::string what; // "did not compile"
    std::string why;
};

// What is kept of everybody, for links from anywhere.
struct Name {
    std::string id;
    std::string shown;
};

// A class as its page needs it. Those who are in it are not held in memory: they are walked by.
struct ClassView {
    using Visit =
        std::function<void(StudentIndex, const Student&, const std::vector<Doubt>& doubts)>;

    std::vector<LabOfClass> labs;
    std::deque<Name> names; // by StudentIndex
    ClassTally tallies;
    std::size_t marks = 0;
    std::size_t doubts = 0;
    std::function<void(const Visit&)> walk;
};

// Written as it is made: a class may be large.
void write_class_page(std::ostream& page, const ClassView& view);

} // namespace grading
