// hello: the smallest web server. Any request gets the same page, and the connection closes
// (RFC 9112; a bare LF may end a line, section 2.2).
#pragma once

#include "common/services/conversation.h"

#include <cstddef>

namespace lab {

class HelloConversation : public Conversation {
public:
    static constexpr std::size_t longest_head = 8'192; // bytes up to and with the blank line

    void feed(std::string_view bytes) override;
    std::optional<std::string> next() override;
    [[nodiscard]] bool finished() const override { return finished_; }
    [[nodiscard]] std::string_view unanswered() const override { return head_; }

private:
    std::string head_; // of the request: leading empty lines are skipped
    bool finished_ = false;
};

} // namespace lab
