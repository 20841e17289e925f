// echo: the bytes come back as they went, whatever they are (RFC 862).
#pragma once

#include "common/services/conversation.h"

namespace lab {

class EchoConversation : public Conversation {
public:
    void feed(std::string_view bytes) override { received_ += bytes; }
    std::optional<std::string> next() override;
    [[nodiscard]] bool finished() const override { return false; }
    [[nodiscard]] std::string_view unanswered() const override { return received_; }

private:
    std::string received_;
};

} // namespace lab
