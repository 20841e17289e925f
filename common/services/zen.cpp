#include "common/services/zen.h"

#include <algorithm>
#include <array>

namespace lab {

namespace {

struct Aphorism {
    std::string_view question;
    std::string_view answer;
};

constexpr std::array<Aphorism, 3> aphorisms{{
    {"Beautiful is better than?", "Ugly."},
    {"Explicit is better than?", "Implicit."},
    {"Simple is better than?", "Complex."},
}};

std::string_view answer(std::string_view question)
{
    const auto found = std::ranges::find(aphorisms, question, &Aphorism::question);
    return found == aphorisms.end() ? "Error: unknown aphorism." : found->answer;
}

void remove_leading_space(std::string& text)
{
    text.erase(0, std::min(text.find_first_not_of(" \t\r\n\v\f"), text.size()));
}

} // namespace

void ZenConversation::feed(std::string_view bytes)
{
    if (finished_) {
        return;
    }
    received_ += bytes;
    remove_leading_space(received_);
}

std::optional<std::string> ZenConversation::next()
{
    const auto end = received_.find('?');
    if (std::min(end, received_.size()) > longest_question) {
        received_.clear();
        finished_ = true;
        return "Error: question too long.";
    }
    if (end == std::string::npos) {
        return std::nullopt;
    }
    std::string reply(answer(std::string_view(received_).substr(0, end + 1)));
    received_.erase(0, end + 1);
    remove_leading_space(received_);
    return reply;
}

} // namespace lab
