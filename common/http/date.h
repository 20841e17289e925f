// Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace lab::http {

std::string to_date(std::time_t time);

// Nothing for anything else, the two obsolete formats among it.
std::optional<std::time_t> parse_date(std::string_view text);

// The present, written anew once a second.
std::string_view date_now();

} // namespace lab::http
