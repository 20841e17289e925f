// Columns of a text.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace grading {

// With blanks behind it, up to `width` bytes; as it is when it is longer.
inline std::string padded(std::string_view word, std::size_t width)
{
    std::string text(word);
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

} // namespace grading
