#include "tests/fuzz/http_checks.h"

#include "common/http/date.h"
#include "common/http/dialogue.h"
#include "common/http/range.h"
#include "common/http/text.h"
#include "common/log.h"

#include <cstddef>

namespace lab::http {

namespace {

bool lies_within(std::string_view part, std::string_view whole)
{
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

// A complete head is complete without what follows it, and says of itself only what is in it.
std::string complaint_about_parser(std::string_view bytes)
{
    Request request;
    const auto verdict = parse_request(bytes, request);
    if (verdict != Status::ok) {
        return "";
    }
    const std::string_view head = bytes.substr(0, request.head_length);
    for (const std::string_view part : {request.method, request.target, request.range,
                                        request.if_range, request.if_modified_since}) {
        if (!lies_within(part, head)) {
            return "a view of something else";
        }
    }
    Request again;
    if (head.size() != request.head_length || request.method.empty() || request.target.empty() ||
        request.target.size() > longest_target || request.body_length > longest_body) {
        return "beyond a limit";
    }
    if (parse_request(head, again) != Status::ok || again.head_length != request.head_length) {
        return "the head alone is read otherwise";
    }
    return parse_request(head.substr(0, head.size() - 1), again) ? "complete too soon" : "";
}

// The statuses of the replies. Refusals may differ: of a beginning not everything is known.
std::string statuses_in(std::string_view text)
{
    constexpr std::string_view mark = "HTTP/1.1 ";
    std::string statuses;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
        const std::string_view status = text.substr(at + mark.size(), 3);
        const bool refused = status == "400" || status == "414" || status == "431";
        statuses += refused ? "refused " : std::string(status) + " ";
    }
    return statuses;
}

std::string replies_to(const Site& site, std::string_view bytes, std::size_t piece)
{
    Dialogue dialogue(site, "");
    Replies replies;
    std::string all;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        dialogue.take(bytes.substr(at, piece), replies);
        all += std::exchange(replies.text, "");
        while (dialogue.unfinished()) {
            dialogue.take("", replies);
            all += std::exchange(replies.text, "");
        }
    }
    return statuses_in(all);
}

std::string complaint_about_text(std::string_view bytes)
{
    const auto decoded = percent_decoded(bytes);
    if (percent_decoded(percent_encoded(bytes)) != std::string(bytes)) {
        return "encoded and decoded, it is something else";
    }
    if (html_escaped(bytes).find_first_of("<>\"'") != std::string::npos) {
        return "not escaped";
    }
    const auto asked = parse_range(bytes, 1'000);
    if (asked.kind == RangeKind::part &&
        (asked.part.length == 0 || asked.part.first + asked.part.length > 1'000)) {
        return "a range outside the file";
    }
    const auto date = parse_date(bytes);
    return date && to_date(*date) != bytes ? "another date" : "";
}

} // namespace

std::string complaint_about(std::string_view bytes)
{
    static const bool silent = set_log_level("off");
    static const Site site("");
    for (const std::string& complaint :
         {complaint_about_parser(bytes), complaint_about_text(bytes)}) {
        if (!complaint.empty() || !silent) {
            return complaint;
        }
    }
    const std::string at_once = replies_to(site, bytes, bytes.size() + 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size() / 2 + 1}) {
        if (replies_to(site, bytes, piece) != at_once) {
            return "cut into pieces, it is answered otherwise: " + at_once + "/ " +
                   replies_to(site, bytes, piece);
        }
    }
    return "";
}

} // namespace lab::http
