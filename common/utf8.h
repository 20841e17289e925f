// Is this text? UTF-8 as RFC 3629 has it, in section 4.
#pragma once

#include <string_view>

namespace lab {

// Whole characters only, each in its shortest form, none of them a surrogate or above U+10FFFF. A
// NUL is a character like any other.
bool is_utf8(std::string_view bytes);

} // namespace lab
