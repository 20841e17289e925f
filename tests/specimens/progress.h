// What the long work on specimens says while it goes on, on stderr.
#pragma once

#include <string>

namespace specimens {

// Does somebody watch, on a terminal?
bool watched();

// A line that the next one replaces, for somebody who watches; otherwise nothing.
void show(const std::string& line);
// A line that stays.
void note(const std::string& line);

std::string first_line(const std::string& text);
std::string padded(std::string text, std::size_t width);
std::string right_aligned(std::size_t number, std::size_t width);

} // namespace specimens
