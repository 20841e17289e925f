#include "common/services/hello.h"
#include "tests/common/hearing.h"

namespace {

const std::string page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
                         "Connection: close\r\n\r\nHello, World!\n";
const std::string refusal = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
                            "Content-Length: 0\r\nConnection: close\r\n\r\n";
const std::string crlf = "\r\n";
const std::string lf = "\n";

void expect_hello(const std::string& bytes, const Heard& expected)
{
    expect_at_every_cut(lab::Service::hello, bytes, expected);
}

// A request of exactly so many bytes, up to and with its blank line.
std::string request_of(std::size_t bytes, const std::string& end_of_line)
{
    std::string request = "GET / HTTP/1.1" + end_of_line + "X: ";
    request.append(bytes - request.size() - 2 * end_of_line.size(), 'x');
    return request + end_of_line + end_of_line;
}

} // namespace

TEST(Hello, AnswersARequest)
{
    expect_hello("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/7.88.1\r\n\r\n", {page, true});
    expect_hello("GET / HTTP/1.0\r\n\r\n", {page, true});
}

TEST(Hello, TakesABareLineFeedAsEndOfALine)
{
    expect_hello("GET / HTTP/1.1\nHost: a\n\n", {page, true});
    expect_hello("GET / HTTP/1.1\r\nHost: a\n\r\n", {page, true});
    expect_hello("GET / HTTP/1.1\nHost: a\r\n\n", {page, true});
}

TEST(Hello, WaitsForTheBlankLine)
{
    const std::string no_end = "GET / HTTP/1.1\r\nHost: a\r\n";
    expect_hello(no_end, {"", false, no_end});
    expect_hello("GET /\r\r", {"", false, "GET /\r\r"});
    expect_hello("", {});
}

TEST(Hello, SkipsLeadingEmptyLines)
{
    expect_hello("\r\n\n\r\nGET / HTTP/1.1\r\n\r\n", {page, true});
    expect_hello("\r\n\r\n\n\n", {});
}

TEST(Hello, TakesExactly8192Bytes)
{
    expect_hello(request_of(8'192, crlf), {page, true});
    expect_hello(request_of(8'192, lf), {page, true});
}

TEST(Hello, RefusesOneByteMore)
{
    expect_hello(request_of(8'193, crlf), {refusal, true});
    expect_hello(request_of(8'193, lf), {refusal, true});
}

TEST(Hello, RefusesWithoutWaitingForTheBlankLine)
{
    const std::string endless(8'192, 'x');
    EXPECT_EQ(hear(lab::Service::hello, {endless}), (Heard{"", false, endless}));
    EXPECT_EQ(hear(lab::Service::hello, {endless, "x"}), (Heard{refusal, true}));
    EXPECT_EQ(hear(lab::Service::hello, {endless + endless}), (Heard{refusal, true}));
}

TEST(Hello, CountsNoLeadingEmptyLine)
{
    expect_hello("\r\n\n" + request_of(8'192, crlf), {page, true});
    EXPECT_EQ(hear(lab::Service::hello, {std::string(20'000, '\n')}), Heard{});
}

TEST(Hello, AnswersOnceAndIgnoresTheRest)
{
    expect_hello("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", {page, true});
    EXPECT_EQ(hear(lab::Service::hello, {"POST / HTTP/1.1\r\n\r\n" + std::string(20'000, 'x')}),
              (Heard{page, true}));
}

TEST(Hello, SaysHowLongItsPageIs)
{
    const std::string body = page.substr(page.find("\r\n\r\n") + 4);
    EXPECT_NE(page.find("Content-Length: " + std::to_string(body.size()) + crlf), page.npos);
}
