#include "common/http/date.h"

#include <array>
#include <cstdio>

namespace lab::http {

namespace {

// strftime(3) would speak the language of the locale.
constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> month_called(std::string_view name)
{
    for (std::size_t i = 0; i < months.size(); ++i) {
        if (name == months.at(i)) {
            return static_cast<int>(i);
        }
    }
    return {};
}

} // namespace

std::string to_date(std::time_t time)
{
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    const int length =
        std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                      days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                      months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                      parts.tm_hour, parts.tm_min, parts.tm_sec);
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<std::time_t> parse_date(std::string_view text)
{
    std::tm parts{};
    std::array<char, 4> month{};
    const std::string copy(text.substr(0, 32)); // sscanf wants its end
    if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d", &parts.tm_mday, month.data(),
                    &parts.tm_year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6) {
        return {};
    }
    const auto number = month_called(month.data());
    parts.tm_mon = number.value_or(0);
    parts.tm_year -= 1900;
    const std::time_t time = ::timegm(&parts);
    // Written once more, it must look the same: so no 31st of February passes, and no other time
    // zone.
    return number && to_date(time) == text ? std::optional(time) : std::nullopt;
}

std::string_view date_now()
{
    thread_local std::time_t written_at = -1; // servers with several threads write dates too
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != written_at) {
        text = to_date(now);
        written_at = now;
    }
    return text;
}

} // namespace lab::http
