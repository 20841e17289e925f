#include "common/http/request.h"

#include <string>

#include <gtest/gtest.h>

using lab::http::parse_request;
using lab::http::Request;
using lab::http::Status;

namespace {

const std::string host = "Host: a\r\n";

std::optional<Status> verdict_on(const std::string& bytes)
{
    Request request;
    return parse_request(bytes, request);
}

// A GET with these fields, which end in CRLF each.
std::optional<Status> verdict_on_fields(const std::string& fields)
{
    return verdict_on("GET / HTTP/1.1\r\n" + fields + "\r\n");
}

Request parsed(const std::string& bytes)
{
    Request request;
    EXPECT_EQ(parse_request(bytes, request), Status::ok) << bytes;
    return request;
}

} // namespace

TEST(HttpRequest, IsReadInPlace)
{
    const std::string bytes = "GET /a?b HTTP/1.1\r\nHost: a\r\nRange:  bytes=0-1 \r\n\r\nGET";
    const Request request = parsed(bytes);
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.target, "/a?b");
    EXPECT_EQ(request.target.data(), bytes.data() + 4);
    EXPECT_EQ(request.range, "bytes=0-1");
    EXPECT_EQ(request.head_length, bytes.size() - 3);
    EXPECT_TRUE(request.keep_alive);
}

TEST(HttpRequest, IsIncompleteAtEveryCut)
{
    for (const std::string end : {"\r\n", "\n"}) {
        const std::string bytes =
            end + "POST /a HTTP/1.1" + end + "Host: a" + end + "Content-Length: 5" + end + end;
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            EXPECT_EQ(verdict_on(bytes.substr(0, cut)), std::nullopt) << cut;
        }
        EXPECT_EQ(parsed(bytes).body_length, 5U);
    }
}

TEST(HttpRequest, KeepsTheConnectionByVersionAndByWord)
{
    const std::string one = "GET / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_TRUE(parsed(one + "\r\n").keep_alive);
    EXPECT_FALSE(parsed(one + "connection: TE, Close\r\n\r\n").keep_alive);
    EXPECT_TRUE(parsed(one + "Connection: closed\r\n\r\n").keep_alive);
    EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
    EXPECT_TRUE(parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    EXPECT_FALSE(
        parsed("GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(HttpRequest, HasALineOfThreeWords)
{
    for (const std::string line : {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
                                   "GET /a b HTTP/1.1", "GET / HTTP/1", "GET / http/1.1",
                                   "GET / HTTP/1.x", "G@T / HTTP/1.1", "GET /\t HTTP/1.1"}) {
        EXPECT_EQ(verdict_on(line + "\r\n" + host + "\r\n"), Status::bad_request) << line;
    }
    EXPECT_EQ(verdict_on("GET / HTTP/2.0\r\n\r\n"), Status::version_not_supported);
    EXPECT_EQ(verdict_on("GET / HTTP/0.9\r\n\r\n"), Status::version_not_supported);
    EXPECT_EQ(parsed("GET / HTTP/1.2\r\nHost: a\r\n\r\n").minor_version, 2);
}

TEST(HttpRequest, IsRefusedAtItsFirstImpossibleByte)
{
    EXPECT_EQ(verdict_on("\x16\x03\x01"), Status::bad_request); // TLS
    EXPECT_EQ(verdict_on("{"), Status::bad_request);
    EXPECT_EQ(verdict_on(""), std::nullopt);
}

TEST(HttpRequest, NamesOneHost)
{
    EXPECT_EQ(verdict_on_fields(""), Status::bad_request);
    EXPECT_EQ(verdict_on_fields(host + host), Status::bad_request);
    EXPECT_EQ(verdict_on_fields("Host:\r\n"), Status::ok);
    EXPECT_EQ(verdict_on("GET / HTTP/1.0\r\n\r\n"), Status::ok);
}

TEST(HttpRequest, SaysOnceHowLongItsBodyIs)
{
    for (const std::string length : {"-5", "+5", "5 5", "5,5", "0x5", "5a", ""}) {
        EXPECT_EQ(verdict_on_fields(host + "Content-Length: " + length + "\r\n"),
                  Status::bad_request)
            << length;
    }
    EXPECT_EQ(verdict_on_fields(host + "Content-Length: 5\r\ncontent-length: 5\r\n"),
              Status::bad_request);
    EXPECT_EQ(verdict_on_fields(host + "Content-Length: 1048576\r\n"), Status::ok);
    for (const std::string length : {"1048577", "18446744073709551616", "18446744073709551621"}) {
        EXPECT_EQ(verdict_on_fields(host + "Content-Length: " + length + "\r\n"),
                  Status::content_too_large);
    }
    EXPECT_EQ(verdict_on_fields(host + "Transfer-Encoding: chunked\r\n"), Status::not_implemented);
}

TEST(HttpRequest, CannotBeReadInTwoWays)
{
    using namespace std::string_literals;
    for (const std::string& field :
         {"Host : a\r\n"s, " X: b\r\n"s, "X: b\r\n c\r\n"s, "X: a\rY: b\r\n"s, "X: a\0b\r\n"s,
          "X: a\x7F"
          "b\r\n"s,
          "X\r\n"s, ": b\r\n"s, "X: eight or more\x01 bytes\r\n"s}) {
        EXPECT_EQ(verdict_on_fields(host + field), Status::bad_request) << field;
    }
    EXPECT_EQ(verdict_on_fields(host + "X: a\tb and more \xC3\xA4\r\n"), Status::ok);
}

TEST(HttpRequest, HasLimits)
{
    const auto with_target = [](std::size_t size) {
        return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\n" + host + "\r\n";
    };
    EXPECT_EQ(verdict_on(with_target(lab::http::longest_target)), Status::ok);
    EXPECT_EQ(verdict_on(with_target(lab::http::longest_target + 1)), Status::uri_too_long);
    EXPECT_EQ(verdict_on("GET /" + std::string(9'000, 'a')), Status::uri_too_long);

    const auto with_fields = [](std::size_t size) {
        return "X: " + std::string(size - host.size() - 7, 'a') + "\r\n";
    };
    const std::size_t most = lab::http::longest_fields;
    EXPECT_EQ(verdict_on_fields(host + with_fields(most)), Status::ok);
    EXPECT_EQ(verdict_on_fields(host + with_fields(most + 1)), Status::header_fields_too_large);
    EXPECT_EQ(verdict_on("GET / HTTP/1.1\r\nX: " + std::string(most, 'a')),
              Status::header_fields_too_large);
    EXPECT_EQ(verdict_on(std::string(40'000, '\n')), Status::bad_request);
}
