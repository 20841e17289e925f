#include "common/http/text.h"

#include <algorithm>
#include <charconv>

namespace lab::http {

namespace {

constexpr std::string_view hexadecimal = "0123456789ABCDEF";

char lower_case(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z');
}

void append_hexadecimal(std::string& text, char c)
{
    const auto byte = static_cast<unsigned char>(c);
    text += hexadecimal[byte >> 4U];
    text += hexadecimal[byte & 0xFU];
}

std::string_view entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

} // namespace

bool same(std::string_view text, std::string_view lower)
{
    return std::ranges::equal(text, lower, {}, lower_case);
}

std::string_view trimmed(std::string_view text)
{
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

bool lists(std::string_view values, std::string_view lower)
{
    for (;;) {
        const std::size_t comma = values.find(',');
        if (same(trimmed(values.substr(0, comma)), lower)) {
            return true;
        }
        if (comma == std::string_view::npos) {
            return false;
        }
        values.remove_prefix(comma + 1);
    }
}

std::optional<std::uint64_t> whole_number(std::string_view text)
{
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number); // takes no sign
    return error == std::errc{} && stopped == end ? std::optional(number) : std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const char* const end = digits.data() + digits.size();
        if (digits.size() != 2 || std::from_chars(digits.data(), end, byte, 16).ptr != end) {
            return {};
        }
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (is_alphanumeric(c) || std::string_view("-._~/").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += '%';
            append_hexadecimal(encoded, c);
        }
    }
    return encoded;
}

std::string html_escaped(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        const std::string_view entity = entity_of(c);
        entity.empty() ? escaped += c : escaped += entity;
    }
    return escaped;
}

std::string printable(std::string_view text, bool keeps_lines)
{
    std::string shown;
    for (const char c : text) {
        if ((c >= ' ' && c <= '~') || (keeps_lines && c == '\n')) {
            shown += c;
        } else if (!keeps_lines || c != '\r') {
            shown += "\\x";
            append_hexadecimal(shown, c);
        }
    }
    return shown;
}

} // namespace lab::http
