// What whoever waits at a terminal sees of a grading under way.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace grading {

// Is there a terminal that shows colours, and nobody who minds (NO_COLOR)?
bool wants_colour(int fd);

// On stdout, at once.
void print(const std::string& text);

// One line on stderr that says which test runs; nothing unless that is a terminal.
class RunningLine {
public:
    void show(const std::string& line) const; // in the place of the one before
    void clear() const { show(""); }

    void start(const std::string& test);
    void end(const std::string& test);
    void show_tests(std::size_t all) const; // the last one started, and how many have ended

private:
    std::size_t done_ = 0;
    std::vector<std::string> running_;
};

} // namespace grading
