#include "grading/decimal.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace grading {

double to_cents(double number)
{
    return std::round(number * 100) / 100;
}

std::string decimal(double number)
{
    std::array<char, 64> digits{};
    std::snprintf(digits.data(), digits.size(), "%.2f", to_cents(number));
    std::string text = digits.data();
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return text == "-0" ? "0" : text;
}

} // namespace grading
