// Plots in SVG, made once, without a script. All of them say in words what they show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace grading::html {

struct Share {
    double size = 0; // of the whole that all of them make
    std::string_view style;
};

// Parts of a whole, as one bar. `label` is text, for those who do not see it.
std::string bar(const std::vector<Share>& shares, double whole, const std::string& label);

struct Column {
    std::size_t count = 0;
    std::string label; // below it, if there is one
    std::string hint;  // text, shown when pointed at
    std::string link;  // URL, where a click leads; may be empty
};

// How many there are of each kind.
std::string histogram(const std::vector<Column>& columns, const std::string& label,
                      double mean_at = -1); // as a share of the width; negative: none

} // namespace grading::html
