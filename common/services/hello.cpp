#include "common/services/hello.h"

#include <algorithm>

namespace lab {

namespace {

constexpr std::string_view page = "HTTP/1.1 200 OK\r\n"
                                  "Content-Type: text/plain\r\n"
                                  "Content-Length: 14\r\n"
                                  "Connection: close\r\n"
                                  "\r\n"
                                  "Hello, World!\n";

constexpr std::string_view too_large = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
                                       "Content-Length: 0\r\n"
                                       "Connection: close\r\n"
                                       "\r\n";

// Where the blank line ends that closes a request's head, or npos: each line may end in CRLF or LF.
std::size_t end_of_head(std::string_view head)
{
    for (auto at = head.find('\n'); at != head.npos; at = head.find('\n', at + 1)) {
        const auto rest = head.substr(at + 1);
        if (rest.starts_with("\n")) {
            return at + 2;
        }
        if (rest.starts_with("\r\n")) {
            return at + 3;
        }
    }
    return head.npos;
}

} // namespace

void HelloConversation::feed(std::string_view bytes)
{
    if (finished_) {
        return;
    }
    head_ += bytes;
    head_.erase(0, std::min(head_.find_first_not_of("\r\n"), head_.size()));
}

std::optional<std::string> HelloConversation::next()
{
    const auto end = end_of_head(head_);
    const bool too_long = std::min(end, head_.size()) > longest_head;
    if (finished_ || (end == std::string::npos && !too_long)) {
        return std::nullopt;
    }
    head_.clear();
    finished_ = true;
    return std::string(too_long ? too_large : page);
}

} // namespace lab
