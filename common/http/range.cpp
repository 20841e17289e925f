#include "common/http/range.h"

#include "common/http/text.h"

#include <algorithm>
#include <optional>

namespace lab::http {

namespace {

constexpr RangeAsked wrong{RangeKind::wrong, {}};

// A place in a file. No file reaches as far as a number that does not fit.
std::optional<std::uint64_t> place(std::string_view digits)
{
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        return {};
    }
    return whole_number(digits).value_or(UINT64_MAX);
}

RangeAsked last_bytes(std::optional<std::uint64_t> count, std::uint64_t size)
{
    if (!count || *count == 0 || size == 0) {
        return wrong;
    }
    const std::uint64_t length = std::min(*count, size);
    return {RangeKind::part, {size - length, length}};
}

} // namespace

RangeAsked parse_range(std::string_view field, std::uint64_t size)
{
    constexpr std::string_view unit = "bytes=";
    if (!same(field.substr(0, unit.size()), unit) || field.find(',') != std::string_view::npos) {
        return {};
    }
    const std::string_view asked = trimmed(field.substr(unit.size()));
    const std::size_t dash = asked.find('-');
    if (dash == std::string_view::npos) {
        return wrong;
    }
    const auto first = place(asked.substr(0, dash));
    const std::string_view end = asked.substr(dash + 1);
    const auto last = end.empty() ? std::optional(UINT64_MAX) : place(end);
    if (dash == 0) {
        return last_bytes(end.empty() ? std::nullopt : last, size);
    }
    if (!first || !last || *last < *first || *first >= size) {
        return wrong;
    }
    return {RangeKind::part, {*first, std::min(*last, size - 1) - *first + 1}};
}

} // namespace lab::http
