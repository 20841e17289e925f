// What every server of the labs must do, of that: the services.
#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace harness::contract {

namespace {

constexpr std::string_view question = "Simple is better than?";
constexpr std::string_view answer = "Complex.";

std::string letters(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) { // no period that a buffer's size could hide
        text += static_cast<char>('a' + (i * i + i / 26) % 26);
    }
    return text;
}

} // namespace

void answers_the_three_questions()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    for (const auto& [ask, reply] : {std::pair{"Beautiful is better than?", "Ugly."},
                                     {"Explicit is better than?", "Implicit."},
                                     {"Simple is better than?", "Complex."}}) {
        alice.send(ask);
        alice.expect(reply);
    }
    blame("when the client has closed, recv returns 0: close the connection then");
    alice.half_close();
    alice.expect_end();
}

void answers_an_unknown_question()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("What is the air-speed velocity of an unladen swallow?");
    alice.expect("Error: unknown aphorism.");
    alice.send(question);
    alice.expect(answer);
}

void refuses_a_question_too_long()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send(letters(1'025));
    alice.expect("Error: question too long.");
    blame("after its last word the server closes its side (shutdown), reads what still comes, and "
          "closes: with input unread, close sends a reset that can overtake the reply");
    alice.expect_end();
}

void ignores_white_space_before_a_question()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send(" \t\r\nSimple is better than?\r\n Explicit is better than?");
    alice.expect("Complex.Implicit.");
}

void joins_a_question_that_comes_in_pieces()
{
    blame(
        "one recv is not one message: TCP may deliver a question byte by byte, and the server must "
        "go on receiving until it is whole");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.drip(question);
    alice.expect(answer);
}

void answers_questions_that_come_together()
{
    blame("one recv may bring several questions: answer them all before the next recv");
    ServerProcess server;
    server.freeze(); // before alice connects: no recv is interrupted, which is another test's
    TestClient alice = server.connect("alice");
    alice.send("Beautiful is better than?Explicit is bet");
    alice.send("ter than?Simple is better than?");
    server.thaw();
    alice.expect("Ugly.Implicit.Complex.");
}

void answers_a_half_closed_client()
{
    blame("a client that has said all (FIN) still wants its answers: close only when recv has "
          "returned 0 and everything is answered");
    ServerProcess server;
    server.freeze(); // before alice connects: all is there when she is accepted
    TestClient alice = server.connect("alice");
    alice.send(question);
    alice.half_close();
    server.thaw();
    alice.expect(answer);
    alice.expect_end();
}

void echoes_bytes_that_are_not_text()
{
    blame("what recv returns is a number of bytes, not a C string: a NUL byte ends nothing");
    ServerProcess server({"--service", "echo"});
    TestClient alice = server.connect("alice");
    const std::string bytes("\0one\xff\xfe\0\0two\r\n\0", 14);
    alice.send(bytes);
    alice.expect(bytes);
    alice.half_close();
    alice.expect_end();
}

void echoes_any_length()
{
    blame("somewhere a size is off by one: a buffer of N bytes holds N, and a full buffer is as "
          "ordinary as a short one");
    ServerProcess server({"--service", "echo"});
    TestClient alice = server.connect("alice");
    for (std::size_t edge = 256; edge <= 65'536; edge *= 2) {
        for (const std::size_t size : {edge - 1, edge, edge + 1}) {
            const std::string bytes = letters(size);
            alice.send(bytes);
            alice.expect(bytes);
        }
    }
}

void says_hello_to_a_web_client()
{
    // It is the reply that ends the conversation, not the client's silence.
    ServerProcess server({"--service", "hello", "--idle-timeout", "0"});
    TestClient alice = server.connect("alice");
    alice.drip("GET / HTTP/1.1\r\n");
    alice.send("Host: localhost\r\n\r\n");
    alice.expect("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n"
                 "Connection: close\r\n\r\nHello, World!\n");
    alice.expect_end();
}

void delivers_its_last_reply_despite_unread_input()
{
    blame("close with input unread sends a reset instead of FIN, and the client loses the reply: "
          "shutdown(SHUT_WR), read on to the client's end, then close");
    ServerProcess server({"--service", "hello"});
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.send("GET / HTTP/1.1\r\n\r\n" + letters(40'000));
    server.thaw();
    alice.expect("HTTP/1.1 200 OK\r\n");
    alice.receive_to_end();
}

void thinks_before_it_replies()
{
    ServerProcess server({"--think-time", "0.3"});
    TestClient alice = server.connect("alice");
    const auto start = std::chrono::steady_clock::now();
    alice.send(question);
    alice.expect(answer);
    const Seconds took = std::chrono::steady_clock::now() - start;
    blame("--think-time is a pause before each reply, in seconds, fractions allowed");
    expect(took >= Seconds(0.3), "an answer after 0.3 s or more",
           "one after " + std::to_string(took.count()) + " s");
}

} // namespace harness::contract
