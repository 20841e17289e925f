// How somebody enters the chat: with "NAME: " and a name.
#pragma once

#include <string>
#include <string_view>

namespace lab {

// May somebody be called so? 1 to 32 of letters, digits, '_' and '-'.
bool is_chat_name(std::string_view name);

// The name in a first frame, "NAME: alice". Throws Refusal (frames.h) when there is none, or a bad
// one.
std::string name_in_login(std::string_view text);

} // namespace lab
