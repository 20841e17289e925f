#include "common/services/conversation.h"

#include "common/services/echo.h"
#include "common/services/hello.h"
#include "common/services/zen.h"

namespace lab {

std::unique_ptr<Conversation> start_conversation(Service service)
{
    switch (service) {
    case Service::zen:
        return std::make_unique<ZenConversation>();
    case Service::echo:
        return std::make_unique<EchoConversation>();
    case Service::hello:
        return std::make_unique<HelloConversation>();
    }
    return nullptr;
}

} // namespace lab
