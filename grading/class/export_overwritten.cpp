#include "grading/class/export_overwritten.h"

#include "common/joined.h"
#include "grading/class/roster.h"
#include "grading/decimal.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace grading {

std::optional<double> number_in(std::string text)
{
    std::ranges::replace(text, ',', '.');
    const auto begin = text.find_first_not_of(" \t");
    const auto end = text.find_last_not_of(" \t");
    if (begin == std::string::npos) {
        return std::nullopt;
    }
    double number = 0;
    const char* const last = text.data() + end + 1;
    const auto [stop, error] = std::from_chars(text.data() + begin, last, number);
    return error == std::errc() && stop == last && std::isfinite(number) ? std::optional(number)
                                                                         : std::nullopt;
}

void Overwritten::note(const Student& student, const std::string& before, double mark)
{
    constexpr std::size_t most_named = 5;
    const auto number = number_in(before);
    const bool nothing = before.find_first_not_of(" \t-") == std::string::npos;
    if (nothing || (number && decimal(*number) == decimal(mark))) {
        return;
    }
    if (++count_ <= most_named) {
        first_.push_back(told(student) + " had " + harness::printable(before.substr(0, 40)) +
                         ", now " + decimal(mark));
    }
}

void Overwritten::tell(const std::string& heading, std::vector<std::string>& notes) const
{
    if (count_ == 0) {
        return;
    }
    const std::size_t more = count_ - first_.size();
    notes.push_back("overwritten in the column '" + harness::readable(heading, 200) +
                    "': " + std::to_string(count_) + (count_ == 1 ? " mark: " : " marks: ") +
                    lab::joined(first_, "; ") +
                    (more > 0 ? "; and " + std::to_string(more) + " more" : ""));
}

} // namespace grading
