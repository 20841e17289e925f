// Marks that stood in a platform's file and were replaced by others: told, for somebody may have
// given them by hand.
#pragma once

#include "grading/class/gradebook.h"

#include <optional>
#include <string>
#include <vector>

namespace grading {

// With a comma or a point, and blanks around it; nothing when it is no number.
std::optional<double> number_in(std::string text);

class Overwritten {
public:
    // A cell with nothing in it, or with the same number, is no loss.
    void note(const Student& student, const std::string& before, double mark);
    // In one line: how many, and the first few.
    void tell(const std::string& heading, std::vector<std::string>& notes) const;

private:
    std::size_t count_ = 0;
    std::vector<std::string> first_;
};

} // namespace grading
