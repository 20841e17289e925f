#include "common/services/conversation.h"
#include "common/services/echo.h"
#include "common/services/hello.h"
#include "common/services/zen.h"

#include <gtest/gtest.h>

using lab::Service;
using lab::start_conversation;

TEST(Conversation, IsOfTheServiceAskedFor)
{
    EXPECT_NE(dynamic_cast<lab::ZenConversation*>(start_conversation(Service::zen).get()), nullptr);
    EXPECT_NE(dynamic_cast<lab::EchoConversation*>(start_conversation(Service::echo).get()),
              nullptr);
    EXPECT_NE(dynamic_cast<lab::HelloConversation*>(start_conversation(Service::hello).get()),
              nullptr);
}

TEST(Conversation, StartsWithNothingSaid)
{
    for (const Service service : {Service::zen, Service::echo, Service::hello}) {
        const auto conversation = start_conversation(service);
        EXPECT_FALSE(conversation->finished());
        EXPECT_EQ(conversation->unanswered(), "");
        EXPECT_EQ(conversation->next(), std::nullopt);
    }
}
