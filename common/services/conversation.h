// What the servers of the labs talk about. A conversation turns the bytes of one client into the
// bytes of the replies and does no I/O: how they travel is the business of each lab.
//
//     bytes as they arrive, cut anywhere ── feed() ──► [ conversation ] ── next() ──► replies, in
//     order
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace lab {

class Conversation {
public:
    virtual ~Conversation() = default;

    // Takes the next bytes of the client. A conversation keeps no more of them than its limit.
    virtual void feed(std::string_view bytes) = 0;

    // The next reply, or nothing until more is fed.
    virtual std::optional<std::string> next() = 0;

    // The last reply has been given: send it, then close. Whatever is fed from now on is ignored.
    [[nodiscard]] virtual bool finished() const = 0;

    // What was received and not yet answered: for the log, when the client leaves.
    [[nodiscard]] virtual std::string_view unanswered() const = 0;
};

enum class Service { zen, echo, hello };

std::unique_ptr<Conversation> start_conversation(Service service);

} // namespace lab
