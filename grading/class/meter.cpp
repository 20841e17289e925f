#include "grading/class/meter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace grading {

namespace {

std::string duration(double seconds)
{
    constexpr double minute = 60;
    constexpr double hour = 60 * minute;
    const auto whole = [](double value) { return std::to_string(std::lround(value)); };
    return seconds < 2 * minute ? whole(seconds) + " s"
           : seconds < 2 * hour ? whole(seconds / minute) + " min"
                                : whole(seconds / hour) + " h";
}

} // namespace

std::string meter_line(std::size_t done, std::size_t all, double seconds, std::size_t width)
{
    std::string line = width > 0 ? "[" : "";
    for (std::size_t i = 0; i < width; ++i) {
        line += i * all < done * width ? "█" : "░";
    }
    line += (width > 0 ? "]  " : "") + std::to_string(done) + "/" + std::to_string(all);
    if (done == 0 || seconds <= 0) {
        return line;
    }
    const double rate = static_cast<double>(done) / seconds;
    line += "  " + std::to_string(std::lround(rate * 60)) + " a minute";
    return done < all ? line + ", " + duration(static_cast<double>(all - done) / rate) + " left"
                      : line;
}

Meter::Meter(std::size_t all, bool terminal) : all_(all), terminal_(terminal) {}

Meter::~Meter()
{
    if (terminal_) {
        std::fputs("\r\x1b[K", stderr);
    }
}

void Meter::show(const std::string& last, bool always)
{
    constexpr std::size_t width = 24;
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - start_).count();
    if (terminal_) {
        if (always || now - shown_ > std::chrono::milliseconds(100)) {
            shown_ = now;
            std::fprintf(stderr, "\r\x1b[K%s  %s", meter_line(done_, all_, seconds, width).c_str(),
                         last.c_str());
            std::fflush(stderr);
        }
    } else if (const std::size_t step = std::max<std::size_t>(1, all_ / 20);
               done_ % step == 0 || done_ == all_) {
        std::fprintf(stderr, "%s\n", meter_line(done_, all_, seconds, 0).c_str());
    }
}

void Meter::advance(const std::string& last)
{
    ++done_;
    show(last, done_ == all_);
}

void Meter::note(const std::string& line)
{
    std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\x1b[K" : "", line.c_str());
}

} // namespace grading
