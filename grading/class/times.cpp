#include "grading/class/times.h"

#include "tests/harness/report.h"

#include <array>
#include <ctime>
#include <regex>
#include <stdexcept>

namespace grading {

std::int64_t time_from(const std::string& text)
{
    static const std::regex form(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})"
        "(:([0-9]{2})([.][0-9]+)?)? ?(Z|UTC|([+-])([0-9]{2}):?([0-9]{2}))");
    constexpr std::size_t longest = 64;
    std::smatch match;
    if (text.size() > longest || !std::regex_match(text, match, form)) {
        throw std::invalid_argument("'" + harness::readable(text, longest) +
                                    "' is no time with a zone, as 2026-10-01T23:59:00+02:00");
    }
    const auto number = [&](std::size_t group) {
        return match[group].matched ? std::stoi(match[group]) : 0;
    };
    std::tm parts{};
    parts.tm_year = number(1) - 1900;
    parts.tm_mon = number(2) - 1;
    parts.tm_mday = number(3);
    parts.tm_hour = number(4);
    parts.tm_min = number(5);
    parts.tm_sec = number(7);
    const std::tm asked = parts;
    const std::int64_t time = ::timegm(&parts);
    constexpr int largest_offset = 14 * 60; // minutes; of an island in the Pacific
    const int minutes = number(11) * 60 + number(12);
    if (parts.tm_year != asked.tm_year || parts.tm_mon != asked.tm_mon ||
        parts.tm_mday != asked.tm_mday || parts.tm_hour != asked.tm_hour ||
        parts.tm_min != asked.tm_min || number(12) > 59 || minutes > largest_offset) {
        throw std::invalid_argument("'" + text + "': there is no such day, hour or zone");
    }
    const int offset = minutes * 60;
    return match[10] == "-" ? time + offset : time - offset;
}

std::string to_utc(std::int64_t time)
{
    const std::time_t seconds = time;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

} // namespace grading
