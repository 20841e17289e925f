// Conversations heard whole, in two pieces at every cut, and byte by byte: a stream may be cut
// anywhere, and what is said must not depend on where.
#pragma once

#include "common/services/conversation.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

// All that a conversation has said to some bytes, and what it is left with.
struct Heard {
    std::string replies{}; // one after the other
    bool finished = false;
    std::string unanswered{};

    bool operator==(const Heard&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Heard& heard)
    {
        return out << '\'' << heard.replies << "', finished: " << heard.finished
                   << ", unanswered: '" << heard.unanswered << '\'';
    }
};

inline Heard hear(lab::Service service, const std::vector<std::string_view>& pieces)
{
    const auto conversation = lab::start_conversation(service);
    Heard heard;
    for (const std::string_view piece : pieces) {
        conversation->feed(piece);
        while (const auto reply = conversation->next()) {
            heard.replies += *reply;
        }
    }
    heard.finished = conversation->finished();
    heard.unanswered = conversation->unanswered();
    return heard;
}

// The cuts at 0 and at the end feed the whole at once.
inline void expect_at_every_cut(lab::Service service, std::string_view bytes, const Heard& expected)
{
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        ASSERT_EQ(hear(service, {bytes.substr(0, cut), bytes.substr(cut)}), expected)
            << "cut after " << cut << " of " << bytes.size() << " bytes";
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        single.push_back(bytes.substr(i, 1));
    }
    EXPECT_EQ(hear(service, single), expected) << "byte by byte";
}
