// How far a long run has come: a bar that moves on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace grading {

class Meter {
public:
    // Of `all` units.
    Meter(std::size_t all, bool terminal);
    ~Meter(); // takes the bar away

    // One more is done. On a terminal it shows at most ten times a second, elsewhere each
    // twentieth.
    void advance(const std::string& last);
    // A line that stays.
    void note(const std::string& line);

private:
    void show(const std::string& last, bool always);

    using Clock = std::chrono::steady_clock;
    std::size_t all_;
    std::size_t done_ = 0;
    bool terminal_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point shown_{};
};

// "[█████░░░░░]  120/600  41 a minute, 12 min left". `width` is that of the bar.
std::string meter_line(std::size_t done, std::size_t all, double seconds, std::size_t width);

} // namespace grading
