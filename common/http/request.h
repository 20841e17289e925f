// The head of an HTTP/1.1 request (RFC 9112), parsed in place: whatever a Request says is a view of
// the bytes that came. No I/O, no copies, nothing kept.
//
//     bytes from the beginning of a request ── parse_request() ──► nothing yet
//                                                             └──► ok, and a Request
//                                                             └──► what is wrong with it
#pragma once

#include "common/http/status.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lab::http {

constexpr std::size_t longest_target = 8'192;
constexpr std::size_t longest_fields =
    16'384; // of all header fields, up to and with the blank line
constexpr std::uint64_t longest_body = 1'048'576;

struct Request {
    std::string_view method; // as they came
    std::string_view target;
    std::string_view range; // "" when there was none, like the two below
    std::string_view if_range;
    std::string_view if_modified_since;
    std::size_t head_length = 0;   // bytes up to and with the blank line
    std::uint64_t body_length = 0; // bytes that follow the head and belong to this request
    int minor_version = 1;         // of HTTP/1.x
    bool keep_alive = true;        // the client wants to say more on this connection
    bool expects_continue = false; // it may wait for leave to send its body
};

// Reads the request at the beginning of `bytes`. Nothing: the head is not complete. `ok`: `request`
// tells of it. Any other status is the reply to give, and the connection is beyond repair: nobody
// knows where the next request begins.
//
// Accepts a bare LF for a line's end and skips empty lines before a request (section 2.2). Strict
// about all that lets two readers see two different requests: space before a colon, folded lines,
// bare CR, NUL, a second Host, Content-Length twice.
std::optional<Status> parse_request(std::string_view bytes, Request& request);

} // namespace lab::http
