// Several words as one text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace lab {

// The parts, or what the projection makes of each, with something between each two.
template <class Parts, class Projection = std::identity>
std::string joined(const Parts& parts, std::string_view between, Projection part = {})
{
    std::string text;
    bool first = true;
    for (const auto& each : parts) {
        text.append(first ? "" : between).append(std::invoke(part, each));
        first = false;
    }
    return text;
}

} // namespace lab
