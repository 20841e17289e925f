// HTTP/1.1 as a client speaks it: requests to send, and replies received whole, by their own
// framing (RFC 9112, section 6).
#pragma once

#include "tests/harness/test_client.h"

#include <optional>
#include <string>
#include <string_view>

namespace harness {

struct HttpReply {
    int status = 0;
    std::string head; // status line, fields and the blank line, as they came
    std::string body;

    // A field's value; of several, the first one's; nothing when there is none.
    [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
    // The same, in lower case and "" when there is none: for fields whose value is words.
    [[nodiscard]] std::string words(std::string_view name) const;
    // The server says that it closes after this reply.
    [[nodiscard]] bool last() const;
};

// "GET /path HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n". Each field ends with "\r\n".
std::string get(const std::string& target, const std::string& fields = "");
// The same with another method.
std::string request(const std::string& method, const std::string& target,
                    const std::string& fields = "");

// The next reply. To a HEAD request it has no body, whatever its Content-Length says.
HttpReply receive_reply(TestClient& client);
HttpReply receive_reply_to_head(TestClient& client);

// Fails unless the reply has this status.
void expect_status(const HttpReply& reply, int status);
// Fails unless the whole body is this.
void expect_body(const HttpReply& reply, std::string_view body);
// Fails unless the field is there and has this value, but for the case of its letters.
void expect_field(const HttpReply& reply, const std::string& name, const std::string& value);

// Sends the bytes, which are one request, and receives its reply; fails unless it has this status.
HttpReply ask(TestClient& client, const std::string& bytes, int status);

} // namespace harness
