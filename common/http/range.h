// The Range field of a request (RFC 9110, section 14): which bytes of a file are asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lab::http {

struct Range {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
    bool operator==(const Range&) const = default;
};

enum class RangeKind {
    whole, // none, in a unit that we do not know, or several: the whole file is the answer
    part,  // one
    wrong, // none of the file's bytes, or nonsense: 416
};

struct RangeAsked {
    RangeKind kind = RangeKind::whole;
    Range part;
};

// "bytes=0-9", "bytes=10-", "bytes=-5", of a file of `size` bytes.
RangeAsked parse_range(std::string_view field, std::uint64_t size);

} // namespace lab::http
