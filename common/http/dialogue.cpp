#include "common/http/dialogue.h"

#include "common/http/text.h"
#include "common/log.h"

#include <algorithm>

namespace lab::http {

void Dialogue::take(std::string_view bytes, Replies& replies)
{
    // Parsed where it lies. Only what is left of it is copied, and that is mostly nothing.
    std::string_view rest = received_.empty() ? bytes : received_.append(bytes);
    unfinished_ = false;
    while (skip_body(rest) && then_ == Then::listen && !unfinished_) {
        Request request;
        const auto verdict = parse_request(rest, request);
        if (!verdict) {
            break;
        }
        const std::string_view head = rest.substr(0, request.head_length);
        rest.remove_prefix(request.head_length);
        if (*verdict == Status::ok) {
            answer(request, head, !rest.empty(), replies);
        } else {
            refuse(*verdict, rest, replies);
        }
        unfinished_ = replies.file.left > 0 || replies.text.size() >= high_water;
    }
    std::string(then_ == Then::listen ? rest : "").swap(received_);
}

// What still belongs to the last request is dropped. Is anything left?
bool Dialogue::skip_body(std::string_view& bytes)
{
    const std::size_t count = std::min<std::uint64_t>(body_left_, bytes.size());
    bytes.remove_prefix(count);
    body_left_ -= count;
    return !bytes.empty();
}

void Dialogue::time_out(Replies& replies)
{
    if (received_.empty() && body_left_ == 0) {
        then_ = Then::close;
    } else if (then_ == Then::listen) {
        refuse(Status::request_timeout, received_, replies);
    }
}

void Dialogue::answer(const Request& request, std::string_view head, bool more_follows,
                      Replies& replies)
{
    // A client that asks before it sends its body may take our reply for a no, and not send it.
    const bool keep_alive = request.keep_alive && !request.expects_continue;
    body_left_ = request.body_length;
    log(head, site_->answer(request, keep_alive, replies.text, replies.file));
    if (!keep_alive) {
        const bool through = !request.keep_alive && body_left_ == 0 && !more_follows;
        then_ = through ? Then::close : Then::part;
    }
}

void Dialogue::refuse(Status status, std::string_view bytes, Replies& replies)
{
    log(bytes, http::refuse(status, replies.text));
    then_ = Then::part;
}

// A line that is not shown is not made either.
void Dialogue::log(std::string_view head, Outcome outcome) const
{
    if (logs_debug()) {
        log_debug(std::string(40, '-') + "\n" + printable(head, true));
    }
    if (logs_info()) {
        log_info(access_line(client_, head, outcome));
    }
}

} // namespace lab::http
