// Bytes and text from strangers, made fit for a terminal, a web page and every file format.

#include "tests/harness/report.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace harness {

namespace {

// Length and code point of the UTF-8 character at the start of `text`; length 0 when it is none.
struct Character {
    std::size_t length = 0;
    std::uint32_t code = 0;
};

Character character_at(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xc2 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                               : first < 0xf5 ? 4
                                              : 0;
    if (length <= 1) {
        return {length, first};
    }
    std::uint32_t code = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) {
            return {};
        }
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[length] || surrogate || code > 0x10ffff ? Character{}
                                                                : Character{length, code};
}

// Does it show as itself, on any terminal and in XML? C1 controls start escape sequences, the
// direction marks turn a line around, and 0xfffe and 0xffff are no characters.
bool shows(std::uint32_t code)
{
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const bool separator = code == 0x2028 || code == 0x2029;
    const bool direction = code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                           (code >= 0x2066 && code <= 0x2069);
    return code == '\n' || code == '\t' ||
           !(control || separator || direction || (code & 0xfffeU) == 0xfffe);
}

std::string hex_escape(char byte)
{
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned char>(byte));
    return text.data();
}

bool continues_character(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
}

// The first `most` bytes or less, to the end of a line if there is one, of a character in any case.
std::string_view head_of(std::string_view text, std::size_t most)
{
    const auto line_end = text.substr(0, most).rfind('\n');
    if (line_end != std::string_view::npos && line_end >= most / 2) {
        return text.substr(0, line_end + 1);
    }
    while (most > 0 && continues_character(text[most])) {
        --most;
    }
    return text.substr(0, most);
}

std::string_view tail_of(std::string_view text, std::size_t most)
{
    std::size_t start = text.size() - most;
    const auto line_end = text.find('\n', start);
    if (line_end != std::string_view::npos && line_end + 1 - start <= most / 2) {
        return text.substr(line_end + 1);
    }
    while (start < text.size() && continues_character(text[start])) {
        ++start;
    }
    return text.substr(start);
}

std::string shortened(std::string_view text, std::size_t most)
{
    constexpr std::size_t longest_mark = 50;
    const std::size_t room = most > longest_mark ? most - longest_mark : 0;
    const std::string_view head = head_of(text, room / 2);
    const std::string_view tail = tail_of(text, room - room / 2);
    const std::size_t left_out = text.size() - head.size() - tail.size();
    std::string result(head);
    result += head.empty() || head.ends_with('\n') ? "" : "\n";
    result += "… " + std::to_string(left_out) + " bytes left out …\n";
    return result.append(tail);
}

} // namespace

std::string printable(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size());
    for (const char byte : bytes) {
        if (byte == '\n') {
            text += "\\n";
        } else if (byte == '\r') {
            text += "\\r";
        } else if (byte == '\t') {
            text += "\\t";
        } else if (byte == '\\') {
            text += "\\\\";
        } else if (byte >= ' ' && byte < '\x7f') {
            text += byte;
        } else {
            text += hex_escape(byte);
        }
    }
    return text;
}

std::string readable(std::string_view text, std::size_t most)
{
    std::string result;
    for (std::string_view rest = text; !rest.empty();) {
        const Character character = character_at(rest);
        const std::size_t length = character.length == 0 ? 1 : character.length;
        const std::string_view bytes = rest.substr(0, length);
        rest.remove_prefix(length);
        if (character.length > 0 && shows(character.code)) {
            result += bytes;
        } else if (bytes == "\r") {
            result += "\\r";
        } else {
            for (const char byte : bytes) {
                result += hex_escape(byte);
            }
        }
    }
    return result.size() <= most ? result : shortened(result, most);
}

} // namespace harness
