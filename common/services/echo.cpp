#include "common/services/echo.h"

#include <utility>

namespace lab {

std::optional<std::string> EchoConversation::next()
{
    if (received_.empty()) {
        return std::nullopt;
    }
    return std::exchange(received_, {});
}

} // namespace lab
