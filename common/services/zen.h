// zen: three questions about the Zen of Python, from Rhodes' and Goerzen's "Foundations of Python
// Network Programming".
//
// A question is whatever stands before a '?'; an answer ends with '.'. White space before a
// question is not part of it. There is no goodbye: the client closes.
#pragma once

#include "common/services/conversation.h"

#include <cstddef>

namespace lab {

class ZenConversation : public Conversation {
public:
    static constexpr std::size_t longest_question = 1'024; // bytes, the '?' not counted

    void feed(std::string_view bytes) override;
    std::optional<std::string> next() override;
    [[nodiscard]] bool finished() const override { return finished_; }
    [[nodiscard]] std::string_view unanswered() const override { return received_; }

private:
    std::string received_; // begins with the first byte of a question
    bool finished_ = false;
};

} // namespace lab
