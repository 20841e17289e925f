#include "grading/terminal.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace grading {

bool wants_colour(int fd)
{
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
           terminal != nullptr && std::string_view(terminal) != "dumb";
}

void print(const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void RunningLine::show(const std::string& line) const
{
    if (::isatty(STDERR_FILENO) == 1) {
        std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    }
}

void RunningLine::start(const std::string& test)
{
    std::erase(running_, test); // it runs again
    running_.push_back(test);
}

void RunningLine::end(const std::string& test)
{
    ++done_;
    std::erase(running_, test);
}

void RunningLine::show_tests(std::size_t all) const
{
    if (running_.empty()) {
        return clear();
    }
    const std::string most = std::to_string(all);
    const std::string number = std::to_string(done_ + 1);
    const std::string padding(most.size() > number.size() ? most.size() - number.size() : 0, ' ');
    show("[" + padding + number + "/" + most + "] " + running_.back());
}

} // namespace grading
