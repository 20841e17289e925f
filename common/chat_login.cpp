#include "common/chat_login.h"

#include "common/frames.h"

namespace lab {

bool is_chat_name(std::string_view name)
{
    constexpr std::size_t longest = 32;
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return !name.empty() && name.size() <= longest &&
           name.find_first_not_of(allowed) == std::string_view::npos;
}

std::string name_in_login(std::string_view text)
{
    constexpr std::string_view greeting = "NAME: ";
    if (!text.starts_with(greeting)) {
        throw Refusal("no name first: say NAME: and yours");
    }
    const std::string_view name = text.substr(greeting.size());
    if (!is_chat_name(name)) {
        throw Refusal("bad name: 1 to 32 of letters, digits, _ and -");
    }
    return std::string(name);
}

} // namespace lab
