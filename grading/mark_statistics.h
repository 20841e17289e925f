// The marks of a class in one lab, put together. Whose mark is still open has none.
#pragma once

#include <cstddef>
#include <map>

namespace grading {

class MarkStatistics {
public:
    void add(double mark);

    [[nodiscard]] bool empty() const { return students_.empty(); }
    // Of none, all of these are nought. The median of an even number is half way between two.
    [[nodiscard]] double least() const;
    [[nodiscard]] double most() const;
    [[nodiscard]] double mean() const;
    [[nodiscard]] double median() const;

private:
    [[nodiscard]] double at(std::size_t place) const; // of the sorted marks, from 0

    std::map<double, std::size_t> students_; // how many have that mark: few are different
    std::size_t count_ = 0;
};

} // namespace grading
