#include "grading/mark_statistics.h"

namespace grading {

void MarkStatistics::add(double mark)
{
    ++students_[mark];
    ++count_;
}

double MarkStatistics::least() const
{
    return empty() ? 0 : students_.begin()->first;
}

double MarkStatistics::most() const
{
    return empty() ? 0 : students_.rbegin()->first;
}

double MarkStatistics::mean() const
{
    double sum = 0;
    for (const auto& [mark, students] : students_) {
        sum += mark * static_cast<double>(students);
    }
    return empty() ? 0 : sum / static_cast<double>(count_);
}

double MarkStatistics::at(std::size_t place) const
{
    for (const auto& [mark, students] : students_) {
        if (place < students) {
            return mark;
        }
        place -= students;
    }
    return 0;
}

double MarkStatistics::median() const
{
    return empty() ? 0 : (at((count_ - 1) / 2) + at(count_ / 2)) / 2;
}

} // namespace grading
