#include "common/utf8.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lab {

namespace {

// What may stand at the beginning of a character: a first byte, and the range of the second one,
// which is narrower where a shorter form, a surrogate or a number too large could begin.
struct Form {
    unsigned char first_least, first_most;
    unsigned char second_least, second_most;
    std::size_t length;
};

constexpr std::array<Form, 9> forms{{
    {0x00, 0x7f, 0x00, 0x00, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 2}, // c0 and c1 would be overlong
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, // surrogates come after 9f
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4}, // U+10FFFF is the last
}};

bool is_between(unsigned char byte, unsigned char least, unsigned char most)
{
    return least <= byte && byte <= most;
}

// Length of the character that the bytes begin with, or 0: they begin with none.
std::size_t first_character(std::string_view bytes)
{
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const auto* const form = std::ranges::find_if(forms, [&](const Form& candidate) {
        return is_between(byte(0), candidate.first_least, candidate.first_most);
    });
    if (form == forms.end() || bytes.size() < form->length) {
        return 0;
    }
    for (std::size_t i = 1; i < form->length; ++i) {
        const bool fits = i == 1 ? is_between(byte(i), form->second_least, form->second_most)
                                 : is_between(byte(i), 0x80, 0xbf);
        if (!fits) {
            return 0;
        }
    }
    return form->length;
}

} // namespace

bool is_utf8(std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::size_t length = first_character(bytes);
        if (length == 0) {
            return false;
        }
        bytes.remove_prefix(length);
    }
    return true;
}

} // namespace lab
