#include "tests/harness/contract.h"

#include "tests/harness/patience.h"
#include "tests/harness/ports.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <csignal>

namespace harness::contract {

namespace {

constexpr std::string_view question = "Simple is better than?";
constexpr std::string_view answer = "Complex.";

Manners& manners()
{
    static Manners of_this_lab = manners_of_services();
    return of_this_lab;
}

// The server is alive and serves: what every test of a mishap ends with.
void expect_served(ServerProcess& server, const std::string& name)
{
    TestClient client = server.connect(name);
    manners().converse(client);
    client.close();
}

std::string letters(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) { // no period that a buffer's size could hide
        text += static_cast<char>('a' + (i * i + i / 26) % 26);
    }
    return text;
}

} // namespace

Manners manners_of_services()
{
    Manners manners;
    manners.converse = [](TestClient& client) {
        client.send(question);
        client.expect(answer);
    };
    manners.be_dismissed = [](TestClient& client) { client.send("GET / HTTP/1.0\r\n\r\n"); };
    manners.flags_to_dismiss = {"--service", "hello"};
    manners.bad_flags = {{"--no-such-flag"}, {"--port", "70000"}, {"--backlog", "many"}};
    return manners;
}

bool set_manners(Manners manners)
{
    contract::manners() = std::move(manners);
    return true;
}

void says_where_it_listens()
{
    blame("the port goes into the address in the wrong byte order (htons), or the server does not "
          "bind to the port it was given");
    std::uint16_t number = reserve_port();
    while (number / 256 == number % 256) { // the same in either byte order
        number = reserve_port();
    }
    const std::string port = std::to_string(number);
    ServerProcess server({"--port", port});
    expect(server.port() == port, "a server that listens on port " + port,
           "one on port " + server.port());
    blame("");
    expect_served(server, "alice");
}

void listens_on_the_address_given()
{
    blame("the server binds to another address than --host says: INADDR_ANY would let the whole "
          "network in");
    ServerProcess server({"--host", "127.0.0.1"});
    const auto listener = server.listener();
    const std::string place = listener ? to_string(listener->local) : "nowhere";
    const std::string given = "127.0.0.1:" + server.port();
    const std::string mapped = "[::ffff:127.0.0.1]:" + server.port(); // the same, to an IPv6 socket
    expect(place == given || place == mapped, "a listener on " + given, place);
    ServerProcess open({"--host", ""});
    const auto everywhere = open.listener();
    const std::string anywhere = everywhere ? to_string(everywhere->local) : "nowhere";
    expect(anywhere == "0.0.0.0:" + open.port() || anywhere == "[::]:" + open.port(),
           "with an empty --host, a listener on 0.0.0.0:" + open.port(), anywhere);
}

void tells_why_it_cannot_listen()
{
    ServerProcess first;
    blame("a failed bind must end the program, with a line on stderr like "
          "\"bind 127.0.0.1:1060: Address already in use\". Two servers on one port also mean "
          "SO_REUSEPORT instead of SO_REUSEADDR");
    const auto second = ServerProcess::start_only({"--port", first.port()});
    const ExitStatus status = second->wait_for_exit(Seconds(2));
    expect(status.signal == 0 && status.code == 1, "exit status 1 when the port is taken",
           "it " + to_string(status));
    const std::string line = "bind 127.0.0.1:" + first.port() + ": Address already in use";
    expect(second->log().find(line) != std::string::npos, '"' + line + "\" on stderr",
           '"' + printable(second->log()) + '"');
}

namespace {

void expect_time_wait(ServerProcess& server, const TestClient& client, std::uint64_t missed)
{
    eventually(
        server, "the server's end of the connection in TIME_WAIT",
        [&] {
            const auto connection = server.connection_of(client);
            const bool waits = connection && connection->state == TcpState::time_wait;
            if (!waits && missed_time_waits() != missed) {
                inconclusive("this machine has no room for more connections in TIME_WAIT "
                             "(net.ipv4.tcp_max_tw_buckets)");
            }
            return waits;
        },
        [] { return "another state"; });
}

} // namespace

void restarts_on_the_same_port()
{
    const std::string port = std::to_string(reserve_port());
    const std::uint64_t missed = missed_time_waits();
    {
        Flags flags = manners().flags_to_dismiss;
        flags.insert(flags.end(), {"--port", port});
        ServerProcess server(flags);
        TestClient alice = server.connect("alice");
        manners().be_dismissed(alice);
        alice.receive_to_end(); // the server closes first: its end goes to TIME_WAIT
        alice.close();
        expect_time_wait(server, alice, missed);
        server.signal(SIGTERM);
        server.wait_for_exit(Seconds(2));
    }
    blame("without SO_REUSEADDR, set before bind, the port stays taken for a minute by the old "
          "connections in TIME_WAIT");
    ServerProcess again({"--port", port});
    expect_served(again, "bob");
}

void rejects_a_bad_flag()
{
    blame("a wrong flag must print why and the usage on stderr and end with status 2");
    for (const Flags& flags : manners().bad_flags) {
        const auto server = ServerProcess::start_only(flags);
        const ExitStatus status = server->wait_for_exit(Seconds(2));
        expect(status.signal == 0 && status.code == 2, "exit status 2", "it " + to_string(status));
        expect(!server->log().empty(), "the reason on stderr", "nothing on stderr");
    }
}

void hands_its_backlog_to_the_kernel()
{
    blame("listen() must be given the number that --backlog says: with it, the kernel lets backlog "
          "+ 1 clients connect while nobody accepts");
    ServerProcess server({"--backlog", "3"});
    const auto listener = server.listener();
    const std::string most = listener ? std::to_string(listener->send_queue) : "no";
    step("asked the kernel for the backlog of the listening socket");
    expect(most == "3", "a backlog of 3", "a backlog of " + most);
}

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

void serves_on_after_a_reset()
{
    blame("recv fails with ECONNRESET when a client resets the connection: that ends this client's "
          "conversation, not the server");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("Simple is");
    server.wait_until_idle();
    alice.reset();
    expect_served(server, "bob");
}

void serves_on_after_a_reset_in_the_queue()
{
    blame("a client may be gone before it is accepted: accept, getpeername or the first recv may "
          "fail, and the server goes on");
    ServerProcess server;
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.reset();
    server.thaw();
    expect_served(server, "bob");
}

void serves_on_when_a_reply_meets_a_reset()
{
    blame("to send to a connection that was reset raises SIGPIPE, which kills: send with "
          "MSG_NOSIGNAL, and take EPIPE for the end of this client");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("Simple");
    server.wait_until_idle();
    server.freeze();
    alice.send(" is better than?Simple is better than?");
    alice.half_close();
    alice.reset();
    server.thaw();
    expect_served(server, "bob");
}

void sends_all_though_stopped_and_continued()
{
    blame(
        "send may take less than it was given, or be interrupted (EINTR): go on with what is left");
    ServerProcess server({"--service", "echo", "--idle-timeout", "60"});
    TestClient alice(server, "alice", 4096);
    const std::string sent = alice.send_until_stuck();
    // The first time, send may have sent a part, and says how much; the next time too, if buffers
    // have made room meanwhile. In the end it waits with nothing sent.
    constexpr int often_enough = 5;
    for (int times = 0; times < often_enough; ++times) {
        server.interrupt();
        server.wait_until_idle();
    }
    alice.half_close();
    const std::string back = alice.receive_to_end();
    expect(back == sent, "all " + std::to_string(sent.size()) + " bytes back as they went",
           std::to_string(back.size()) + " bytes" +
               (back.size() == sent.size() ? ", but other ones" : ""));
}

void returns_every_descriptor()
{
    ServerProcess server;
    expect_served(server, "alice");
    server.wait_until_idle();
    const auto before = server.census().descriptors;
    for (int i = 1; i <= 5; ++i) {
        expect_served(server, "client " + std::to_string(i));
    }
    blame(
        "a connection is not closed when its client is done: each one leaves a descriptor behind, "
        "until none is left");
    step("counted the descriptors of the server");
    eventually(
        server, std::to_string(before) + " open descriptors, as after the first client",
        [&] { return server.census().descriptors <= before; },
        [&] { return std::to_string(server.census().descriptors); });
}

void waits_for_room_when_out_of_descriptors()
{
    ServerProcess server;
    expect_served(server, "alice");
    server.wait_until_idle();
    server.cap_descriptors();
    // An accept that sleeps already has its descriptor: bob may still be served, or not.
    TestClient bob = server.connect("bob");
    bob.close();
    TestClient carol = server.connect("carol");
    blame(
        "when accept fails with EMFILE the client stays in the queue and the next accept fails at "
        "once: pause before trying again, and let the server live");
    server.expect_no_spin("while there is no descriptor for the next client");
    server.lift_descriptors();
    manners().converse(carol);
}

void closes_a_silent_client()
{
    blame("with --idle-timeout S a client that sends nothing for S seconds is closed (SO_RCVTIMEO, "
          "or poll with a time-out)");
    ServerProcess server({"--idle-timeout", "0.2"});
    TestClient alice = server.connect("alice");
    alice.expect_closed();
    server.freeze(); // however slow this machine is, bob's question is there when his wait begins
    TestClient bob = server.connect("bob");
    bob.send(question);
    server.thaw();
    bob.expect(answer);
}

void stops_when_asked()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    manners().converse(alice);
    server.wait_until_asleep(); // before, SIGTERM may come ahead of the call that it interrupts
    blame("SIGTERM asks the server to end with status 0 within 2 s: a blocked call returns EINTR, "
          "and the loop must then look at stopping()");
    server.signal(SIGTERM);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
    blame("the server ends but leaves processes of its own behind");
    const auto left = server.census().processes;
    expect(left == 0, "no process left", std::to_string(left));
}

} // namespace harness::contract
