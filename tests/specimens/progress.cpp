#include "tests/specimens/progress.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

namespace specimens {

bool watched()
{
    return ::isatty(STDERR_FILENO) == 1;
}

void show(const std::string& line)
{
    if (watched()) {
        std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    }
}

void note(const std::string& line)
{
    show("");
    std::fprintf(stderr, "%s\n", line.c_str());
}

std::string first_line(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string right_aligned(std::size_t number, std::size_t width)
{
    const std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), ' ') + text;
}

} // namespace specimens
