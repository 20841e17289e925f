// Small tools for the text of HTTP: comparing, trimming, escaping.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lab::http {

// Without regard to case; `lower` is in lower case already.
bool same(std::string_view text, std::string_view lower);

// Without the spaces and tabs at its ends.
std::string_view trimmed(std::string_view text);

// Does "close, TE" list "te"? Without regard to case.
bool lists(std::string_view values, std::string_view lower);

// Digits alone, and no more than 64 bits hold.
std::optional<std::uint64_t> whole_number(std::string_view text);

// "%41b" → "Ab"; nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

// For a link: all but letters, digits and "-._~/" as %XX.
std::string percent_encoded(std::string_view text);

// For a page: & < > " ' as entities.
std::string html_escaped(std::string_view text);

// For a log: bytes that are no printable ASCII as \xNN; line ends are kept when `keeps_lines`.
std::string printable(std::string_view text, bool keeps_lines = false);

} // namespace lab::http
