#include "tests/harness/http.h"

#include "tests/harness/story.h"

#include <algorithm>
#include <cctype>

namespace harness {

namespace {

constexpr std::size_t longest_head = 65'536;
constexpr std::size_t longest_line = 100;

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string first_line(std::string_view head)
{
    return std::string(head.substr(0, std::min(head.find("\r\n"), longest_line)));
}

std::string in_quotes(std::string_view text)
{
    const std::string shown = printable(text.substr(0, longest_line));
    return '"' + shown + '"' +
           (text.size() > longest_line ? " … (" + std::to_string(text.size()) + " bytes)" : "");
}

// Everything up to and with `last`, and not a byte more: what follows is the next reply's.
std::string receive_until(TestClient& client, std::string_view last, const std::string& awaited)
{
    std::string text;
    while (!text.ends_with(last)) {
        const std::string byte = client.receive_some(1, awaited);
        text += byte;
        if (byte.empty() || text.size() > longest_head) {
            fail(awaited,
                 (byte.empty() ? "the end of the connection after " : "") + in_quotes(text));
        }
    }
    return text;
}

std::string receive_exactly(TestClient& client, std::size_t size, const std::string& awaited)
{
    constexpr std::size_t piece = 65'536;
    std::string text;
    while (text.size() < size) {
        const std::string more = client.receive_some(std::min(piece, size - text.size()), awaited);
        text += more;
        if (more.empty()) {
            fail(awaited, "the end of the connection after " + std::to_string(text.size()) +
                              " bytes of the body");
        }
    }
    return text;
}

std::string receive_chunks(TestClient& client, const std::string& awaited)
{
    std::string body;
    for (;;) {
        const std::string line = receive_until(client, "\r\n", awaited);
        const std::size_t size = std::strtoull(line.c_str(), nullptr, 16);
        body += receive_exactly(client, size, awaited);
        receive_until(client, "\r\n", awaited);
        if (size == 0) {
            return body;
        }
    }
}

int status_in(const std::string& head)
{
    const std::string line = first_line(head);
    const bool right = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ' &&
                       (line.size() == 12 || line[12] == ' ') &&
                       std::ranges::all_of(line.substr(9, 3),
                                           [](unsigned char c) { return std::isdigit(c) != 0; });
    expect(right, "a status line like \"HTTP/1.1 200 OK\"", in_quotes(line));
    return std::stoi(line.substr(9, 3));
}

std::size_t length_in(const HttpReply& reply)
{
    const std::string length = reply.field("Content-Length").value_or("none");
    const bool number = !length.empty() && length.size() < 16 &&
                        length.find_first_not_of("0123456789") == std::string::npos;
    expect(number, "a Content-Length that is a number", in_quotes(length));
    return std::stoull(length);
}

std::string receive_body(TestClient& client, const HttpReply& reply)
{
    const std::string awaited =
        "the body of \"" + first_line(reply.head) + "\" for " + client.name();
    if (reply.status == 304 || reply.status == 204) {
        return "";
    }
    if (reply.words("Transfer-Encoding") == "chunked") {
        return receive_chunks(client, awaited);
    }
    if (!reply.field("Content-Length") && reply.last()) {
        return client.receive_to_end();
    }
    return receive_exactly(client, length_in(reply), awaited);
}

HttpReply receive_head(TestClient& client)
{
    step(client.name() + " waits for a reply");
    HttpReply reply;
    reply.head = receive_until(client, "\r\n\r\n", "a reply for " + client.name());
    reply.status = status_in(reply.head);
    step(client.name() + " got \"" + printable(first_line(reply.head)) + '"');
    return reply;
}

} // namespace

std::optional<std::string> HttpReply::field(std::string_view name) const
{
    const std::string wanted = "\r\n" + lower(name) + ":";
    const auto at = lower(head).find(wanted);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const auto begin = head.find_first_not_of(" \t", at + wanted.size());
    const auto end = head.find("\r\n", at + wanted.size());
    return begin < end ? head.substr(begin, end - begin) : "";
}

std::string HttpReply::words(std::string_view name) const
{
    return lower(field(name).value_or(""));
}

bool HttpReply::last() const
{
    return words("Connection").find("close") != std::string::npos;
}

std::string request(const std::string& method, const std::string& target, const std::string& fields)
{
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

std::string get(const std::string& target, const std::string& fields)
{
    return request("GET", target, fields);
}

HttpReply receive_reply(TestClient& client)
{
    HttpReply reply = receive_head(client);
    reply.body = receive_body(client, reply);
    return reply;
}

HttpReply receive_reply_to_head(TestClient& client)
{
    return receive_head(client);
}

void expect_status(const HttpReply& reply, int status)
{
    expect(reply.status == status, "status " + std::to_string(status),
           in_quotes(first_line(reply.head)));
}

void expect_body(const HttpReply& reply, std::string_view body)
{
    if (reply.body == body) {
        return;
    }
    const auto same = std::ranges::mismatch(reply.body, body).in1 - reply.body.begin();
    fail("the body " + in_quotes(body),
         in_quotes(reply.body) + ", which differs after " + std::to_string(same) + " bytes");
}

void expect_field(const HttpReply& reply, const std::string& name, const std::string& value)
{
    expect(reply.words(name) == lower(value), '"' + name + ": " + value + '"',
           reply.field(name) ? '"' + name + ": " + printable(*reply.field(name)) + '"'
                             : "no " + name + " in " + in_quotes(first_line(reply.head)));
}

HttpReply ask(TestClient& client, const std::string& bytes, int status)
{
    client.send(bytes);
    HttpReply reply = receive_reply(client);
    expect_status(reply, status);
    return reply;
}

} // namespace harness
