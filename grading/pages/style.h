// The style sheet of all pages: light and dark, a telephone's width, paper.
#pragma once

#include <string_view>

namespace grading::html {

extern const std::string_view style;

} // namespace grading::html
