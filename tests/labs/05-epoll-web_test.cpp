// Lab 05: a web server on epoll, seen from outside.

#include "tests/harness/contract.h"
#include "tests/harness/crowd.h"
#include "tests/harness/http.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/site.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <algorithm>
#include <csignal>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace harness;

namespace {

using contract::expect_served;
using Flags = ServerProcess::Flags;

constexpr std::string_view greeting = "Hello from Epoll Server!";
constexpr int small_buffer = 4'096; // of a client that takes little or nothing
const Flags edge_triggered{"--edge-triggered"};

void expect_greeting(TestClient& client)
{
    expect_body(ask(client, get("/"), 200), greeting);
}

contract::Manners manners_of_http()
{
    contract::Manners manners;
    manners.converse = expect_greeting;
    manners.be_dismissed = [](TestClient& client) { client.send("GET / HTTP/1.0\r\n\r\n"); };
    manners.bad_flags = {{"--no-such-flag"},
                         {"--port", "70000"},
                         {"--idle-timeout", "soon"},
                         {"--max-connections", "many"}};
    return manners;
}

[[maybe_unused]] const bool speaks_http = contract::set_manners(manners_of_http());
// This lab gives up on a silent client after 60 s; on a machine that stalls, so long may pass
// between two steps of a test that is about something else.
[[maybe_unused]] const bool patient = set_usual_flag("--idle-timeout", "300");

Flags serving(const Site& site, Flags more = {})
{
    more.insert(more.end(), {"--root", site.root()});
    return more;
}

// What must follow any reply: the end if the server says so, and otherwise the next reply.
void expect_goes_on_as_said(TestClient& client, const HttpReply& reply)
{
    if (reply.last()) {
        client.expect_end();
    } else {
        ask(client, get("/"), 200);
    }
}

// On a connection of its own: the request and what the server makes of it.
void expect_answer(ServerProcess& server, const std::string& bytes, int status)
{
    TestClient client = server.connect("alice");
    expect_goes_on_as_said(client, ask(client, bytes, status));
    client.close();
}

// The same, and nothing is served after it on this connection: nobody knows where the next request
// would begin.
void expect_refusal(ServerProcess& server, const std::string& bytes, int status)
{
    TestClient client = server.connect("alice");
    ask(client, bytes, status);
    client.expect_end();
    client.close();
}

std::string repeated(int count, const std::string& bytes)
{
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += bytes;
    }
    return all;
}

// In reverse order of connecting: else a sequential server would do, out of its backlog.
void expect_all_greeted_in_reverse(std::vector<TestClient>& clients)
{
    std::for_each(clients.rbegin(), clients.rend(), expect_greeting);
}

void expect_fifty_that_arrive_at_once_served(const Flags& flags)
{
    ServerProcess server(flags);
    server.freeze();
    auto clients = server.connect_many(50);
    std::ranges::for_each(clients, [](TestClient& client) { client.send(get("/")); });
    server.thaw();
    std::for_each(clients.rbegin(), clients.rend(),
                  [](TestClient& client) { expect_body(receive_reply(client), greeting); });
}

// More than the socket buffers of both ends ever hold.
constexpr std::size_t big = 6 << 20;

void expect_a_big_file_served_slowly(const Flags& flags)
{
    const Site site;
    const std::string contents = patterned(big);
    site.write("big.bin", contents);
    ServerProcess server(serving(site, flags));
    TestClient alice(server, "alice", small_buffer);
    alice.send(get("/big.bin"));
    server.wait_until_idle(); // it has sent what fits, and waits
    const HttpReply reply = receive_reply(alice);
    expect_status(reply, 200);
    expect_body(reply, contents);
    expect_body(ask(alice, get("/big.bin", "Range: bytes=0-9\r\n"), 206), contents.substr(0, 10));
}

// Many requests for much, and then FIN: more than the server can answer before the client takes it.
void expect_a_pipeline_of_files_served(const Flags& flags)
{
    constexpr int count = 30;
    const Site site;
    const std::string contents = patterned(256 << 10);
    site.write("page.bin", contents);
    ServerProcess server(serving(site, flags));
    server.freeze();
    TestClient alice(server, "alice", small_buffer);
    const std::string one = get("/page.bin", "X-Padding: " + std::string(1'500, 'p') + "\r\n");
    alice.send(repeated(count, one));
    alice.half_close();
    server.thaw();
    server.wait_until_idle();
    for (int i = 0; i < count; ++i) {
        const HttpReply reply = receive_reply(alice);
        expect_status(reply, 200);
        expect_body(reply, contents);
    }
    alice.expect_end();
}

void expect_room_waited_for(const Flags& flags)
{
    ServerProcess server(flags);
    expect_served(server, "alice");
    server.wait_until_idle();
    server.cap_descriptors();
    // An accept that sleeps already has its descriptor: bob may still be served, or not.
    TestClient bob = server.connect("bob");
    bob.close();
    TestClient carol = server.connect("carol");
    server.expect_no_spin("while there is no descriptor for the next client");
    server.lift_descriptors();
    expect_greeting(carol);
}

void expect_descriptors(ServerProcess& server, std::size_t most)
{
    step("counted the descriptors of the server");
    eventually(
        server, std::to_string(most) + " open descriptors, as before",
        [&] { return server.census().descriptors <= most; },
        [&] { return std::to_string(server.census().descriptors); });
}

// What a path outside the root must not lead to.
constexpr std::string_view secret = "nobody may read this";

void expect_hidden(ServerProcess& server, const std::string& target)
{
    TestClient mallory = server.connect("mallory");
    mallory.send(get(target));
    const HttpReply reply = receive_reply(mallory);
    expect(reply.body.find(secret) == std::string::npos, "404 for what is outside the root",
           "the file itself");
    expect_status(reply, 404);
    mallory.close();
}

void hide_something_beside(const Site& site)
{
    site.write("index.html", "inside");
    site.make_folder("sub");
    site.write("../secret.txt", secret);
    site.write("../root-of-somebody-else/secret.txt", secret); // begins with the root's name
}

std::string unescaped(std::string text)
{
    for (const auto& [entity, character] : {std::pair{"&lt;", "<"},
                                            {"&gt;", ">"},
                                            {"&quot;", "\""},
                                            {"&#39;", "'"},
                                            {"&#x27;", "'"},
                                            {"&#34;", "\""},
                                            {"&amp;", "&"}}) {
        text = std::regex_replace(text, std::regex(entity), character);
    }
    return text;
}

// Where the links of a page in /folder/ lead.
std::vector<std::string> links_in(const std::string& page, const std::string& folder)
{
    static const std::regex link(R"(href=["']([^"']*)["'])", std::regex::icase);
    std::vector<std::string> targets;
    for (std::sregex_iterator at(page.begin(), page.end(), link), end; at != end; ++at) {
        const std::string target = unescaped((*at)[1]);
        const bool here = target.starts_with("./");
        targets.push_back(target.starts_with('/') ? target : folder + target.substr(here ? 2 : 0));
    }
    return targets;
}

bool served(TestClient& client, const std::string& target, const std::string& body)
{
    client.send(get(target));
    return receive_reply(client).body == body;
}

// With a client in the middle of its request, so that a server which looks at each in turn is seen.
TestClient half_ask(ServerProcess& server, const std::string& name)
{
    TestClient client = server.connect(name);
    client.send("GET / HTTP/1.1\r\nHo");
    return client;
}

} // namespace

// Free: what is given.
TEST(EpollWeb, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}

// The contract of every server.
TEST(EpollWeb, SaysWhereItListens)
{
    contract::says_where_it_listens();
}
TEST(EpollWeb, ListensOnTheAddressGiven)
{
    contract::listens_on_the_address_given();
}
TEST(EpollWeb, TellsWhyItCannotListen)
{
    contract::tells_why_it_cannot_listen();
}
TEST(EpollWeb, RestartsOnTheSamePort)
{
    contract::restarts_on_the_same_port();
}
TEST(EpollWeb, StopsWhenAsked)
{
    contract::stops_when_asked();
}
TEST(EpollWeb, ServesOnAfterAReset)
{
    contract::serves_on_after_a_reset();
}
TEST(EpollWeb, ServesOnAfterAResetInTheQueue)
{
    contract::serves_on_after_a_reset_in_the_queue();
}

// The loop.
TEST(EpollWeb, SaysHello)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    const HttpReply reply = ask(alice, get("/"), 200);
    expect_body(reply, greeting);
    expect_field(reply, "Content-Length", std::to_string(greeting.size()));
    expect(reply.words("Content-Type").starts_with("text/plain"), "Content-Type: text/plain",
           '"' + reply.words("Content-Type") + '"');
    blame("the reply is as long as its Content-Length says, and not a byte longer");
    server.wait_until_idle();
    alice.expect_nothing_yet("the reply is whole");
}

TEST(EpollWeb, ServesManyWhoAreNotDoneYet)
{
    ServerProcess server;
    std::vector<TestClient> clients;
    for (int i = 1; i <= 5; ++i) {
        clients.push_back(half_ask(server, "client " + std::to_string(i)));
    }
    blame("one client that has said half of its request keeps the others waiting: no call may "
          "block but epoll_wait");
    expect_served(server, "bob");
    std::for_each(clients.rbegin(), clients.rend(), [](TestClient& client) {
        client.send("st: localhost\r\n\r\n");
        expect_body(receive_reply(client), greeting);
    });
}

TEST(EpollWeb, GoesOnWhenAWaitIsInterrupted)
{
    blame("epoll_wait returns EINTR when the process is stopped and continued (signal(7)): that is "
          "no failure, wait again");
    ServerProcess server;
    TestClient alice = half_ask(server, "alice");
    server.wait_until_idle();
    server.interrupt();
    server.wait_until_idle();
    alice.send("st: localhost\r\n\r\n");
    expect_body(receive_reply(alice), greeting);
}

TEST(EpollWeb, SleepsWhenThereIsNothingToDo)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    expect_greeting(alice);
    blame("EPOLLOUT is nearly always true: ask for it only while something waits to be sent");
    server.expect_no_spin("while its only client says nothing");
    TestClient bob = half_ask(server, "bob");
    blame("half a request is nothing to do: wait for the rest of it in epoll_wait");
    server.expect_no_spin("while a request is half there");
    bob.half_close();
    blame("the end of the input stays readable for ever: close, or ask for EPOLLIN no more");
    server.expect_no_spin("when a client has left in the middle of its request");
    expect_greeting(alice);
}

TEST(EpollWeb, WaitsForRoomWhenOutOfDescriptors)
{
    blame("when accept fails with EMFILE the client stays in the queue, and the listener stays "
          "ready: take it out of epoll's interest for a while, and let the server live");
    expect_room_waited_for({});
}

TEST(EpollWeb, LetsTheNextClientWait)
{
    ServerProcess server({"--max-connections", "2"});
    auto clients = server.connect_many(2);
    expect_all_greeted_in_reverse(clients);
    TestClient carol = server.connect("carol");
    carol.send(get("/"));
    blame("with --max-connections N the client after the N-th waits in the backlog: it is neither "
          "served at once nor refused");
    server.wait_until_idle();
    carol.expect_nothing_yet("two clients are connected already");
    blame("the listener is ready for as long as somebody waits: when there is no room, take it out "
          "of epoll's interest");
    server.expect_no_spin("while a client waits for room");
    clients[0].close();
    blame("a client that has gone makes room for the next one");
    expect_body(receive_reply(carol), greeting);
}

TEST(EpollWeb, HoldsTenThousandIdleClients)
{
    make_room_for_descriptors(10'200);
    ServerProcess server;
    expect_served(server, "alice");
    server.wait_until_idle();
    const auto before = server.census().descriptors;
    blame("the server does not take 10,000 clients: epoll has no limit, the table of descriptors "
          "has one (RLIMIT_NOFILE), and nothing else should");
    TestClient first = server.connect("first");
    Crowd crowd(server);
    crowd.grow(10'000);
    TestClient last = server.connect("last");
    expect_greeting(last);
    expect_greeting(first);
    blame("something wakes the server again and again, though none of its clients says anything");
    server.expect_no_spin("with 10,000 silent clients");
    crowd.leave();
    blame("when many clients leave at once, each of them must be let go of");
    expect_descriptors(server, before + 2);
    expect_greeting(first);
}

TEST(EpollWeb, ReturnsEveryDescriptor)
{
    const Site site;
    site.write("big.bin", patterned(big));
    ServerProcess server(serving(site));
    const auto leave_early = [&](const std::string& said, void (TestClient::*leave)()) {
        TestClient client(server, "alice", small_buffer);
        client.send(said);
        server.wait_until_idle();
        (client.*leave)();
    };
    leave_early(get("/"), &TestClient::close);
    server.wait_until_idle();
    const auto before = server.census().descriptors;
    blame("a client that has gone (read returns 0, or EPOLLHUP, EPOLLERR, EPOLLRDHUP) leaves its "
          "descriptor, or that of the file it was being sent, behind");
    for (const std::string& said :
         {get("/"), std::string("GET / HT"), get("/big.bin"), std::string()}) {
        leave_early(said, &TestClient::close);
        leave_early(said, &TestClient::reset);
    }
    expect_descriptors(server, before);
    server.expect_no_spin("when all clients have gone");
}

// The conversation.
TEST(EpollWeb, JoinsARequestThatComesInPieces)
{
    blame(
        "one read is not one request: keep what has come, and parse when the blank line is there");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.drip(get("/"));
    expect_body(receive_reply(alice), greeting);
}

TEST(EpollWeb, AnswersRequestsThatComeTogether)
{
    blame("one read may bring several requests, and half of one more: answer all that are whole "
          "before the next epoll_wait, and keep the half");
    ServerProcess server;
    server.freeze();
    TestClient alice = server.connect("alice");
    const std::string third = get("/");
    alice.send(get("/") + get("/nothing") + third.substr(0, 20));
    server.thaw();
    expect_body(receive_reply(alice), greeting);
    expect_status(receive_reply(alice), 404);
    server.wait_until_idle();
    alice.expect_nothing_yet("the third request is not whole");
    alice.send(third.substr(20));
    expect_body(receive_reply(alice), greeting);
}

TEST(EpollWeb, KeepsTheConnection)
{
    blame("in HTTP/1.1 the connection stays open after a reply, until one side says "
          "\"Connection: close\"");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    for (int i = 0; i < 3; ++i) {
        const HttpReply reply = ask(alice, get("/"), 200);
        expect(!reply.last(), "a reply without \"Connection: close\"", "one with it");
    }
}

TEST(EpollWeb, ClosesWhenTheClientWantsIt)
{
    ServerProcess server;
    blame("after \"Connection: close\" (in letters of either case) the server gives this reply, "
          "with the same words in it, and closes; what follows is not answered");
    for (const char* field : {"Connection: close\r\n", "connection: CLOSE\r\n"}) {
        server.freeze();
        TestClient alice = server.connect("alice");
        alice.send(get("/", field) + get("/"));
        server.thaw();
        const HttpReply reply = receive_reply(alice);
        expect_body(reply, greeting);
        expect_field(reply, "Connection", "close");
        alice.expect_end();
    }
    blame("an HTTP/1.0 client waits for the end of the connection, unless both sides have said "
          "\"Connection: keep-alive\"");
    TestClient bob = server.connect("bob");
    expect_body(ask(bob, "GET / HTTP/1.0\r\n\r\n", 200), greeting);
    bob.expect_end();
    TestClient carol = server.connect("carol");
    const HttpReply reply = ask(carol, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200);
    if (reply.words("Connection") == "keep-alive") {
        expect_greeting(carol);
    } else {
        carol.expect_end();
    }
}

TEST(EpollWeb, AnswersAHalfClosedClient)
{
    blame("a client that has said all (FIN, EPOLLRDHUP) still wants its answers: close when "
          "everything is answered and sent");
    ServerProcess server;
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.send(get("/") + get("/"));
    alice.half_close();
    server.thaw();
    expect_body(receive_reply(alice), greeting);
    expect_body(receive_reply(alice), greeting);
    alice.expect_end();
}

TEST(EpollWeb, SendsNoBodyToHead)
{
    blame("the reply to HEAD is that to GET without its body: what follows would be taken for the "
          "next reply");
    const Site site;
    site.write("page.txt", "some text");
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    alice.send(request("HEAD", "/page.txt") + request("HEAD", "/") + get("/page.txt"));
    const HttpReply reply = receive_reply_to_head(alice);
    expect_status(reply, 200);
    expect_field(reply, "Content-Length", "9");
    expect_status(receive_reply_to_head(alice), 200);
    expect_body(receive_reply(alice), "some text");
}

TEST(EpollWeb, SkipsABody)
{
    blame("the body of a request, as long as Content-Length says, is no request: skip it before "
          "the next one is looked for");
    ServerProcess server;
    const std::string body = get("/nothing");
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    for (const auto& [method, status] : {std::pair{"POST", 405}, {"GET", 200}}) {
        server.freeze();
        TestClient alice = server.connect("alice");
        alice.send(request(method, "/", length) + body + get("/"));
        alice.half_close();
        server.thaw();
        const HttpReply reply = receive_reply(alice);
        expect_status(reply, status);
        if (!reply.last()) {
            expect_body(receive_reply(alice), greeting);
        }
        alice.expect_end();
    }
    TestClient bob = server.connect("bob");
    bob.send(request("POST", "/", length));
    bob.drip(body.substr(0, 10));
    bob.send(body.substr(10));
    const HttpReply reply = receive_reply(bob);
    expect_status(reply, 405);
    expect_goes_on_as_said(bob, reply);
}

// Requests that are none, or too much.
TEST(EpollWeb, RefusesWhatIsNoRequest)
{
    blame("400 Bad Request, and close: where the next request begins nobody knows");
    ServerProcess server;
    for (const char* bytes :
         {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nthis is no field\r\n\r\n",
          "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
          "GET / NTTP/1.1\r\nHost: localhost\r\n\r\n"}) {
        expect_refusal(server, bytes, 400);
    }
    TestClient bob = server.connect("bob");
    expect_goes_on_as_said(bob, ask(bob, get("/%zz"), 400));
}

TEST(EpollWeb, SaysWhatItDoesNotDo)
{
    ServerProcess server;
    blame("404: there is nothing of this name");
    expect_answer(server, get("/nothing"), 404);
    blame("405: a method of HTTP that this server does not do; the reply says in Allow which it "
          "does");
    expect_answer(server, request("POST", "/", "Content-Length: 0\r\n"), 405);
    expect_answer(server, request("DELETE", "/"), 405);
    TestClient alice = server.connect("alice");
    const HttpReply reply = ask(alice, request("PUT", "/", "Content-Length: 0\r\n"), 405);
    expect(reply.words("Allow").find("get") != std::string::npos, "\"Allow: GET, HEAD\"",
           '"' + reply.words("Allow") + '"');
    blame("501: a method that nobody knows, or a Transfer-Encoding that is not understood");
    expect_answer(server, request("BREW", "/"), 501);
    expect_refusal(server, request("POST", "/", "Transfer-Encoding: smoke-signals\r\n"), 501);
    blame("505: another version of HTTP");
    expect_refusal(server, "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505);
}

TEST(EpollWeb, LimitsARequest)
{
    ServerProcess server;
    blame("what is long but within its limit is an ordinary request");
    expect_answer(server, get("/" + std::string(8'000, 'a')), 404);
    expect_answer(server, get("/", "X-Padding: " + std::string(15'000, 'b') + "\r\n"), 200);
    blame("414: a target of more than 8 KiB");
    expect_refusal(server, get("/" + std::string(9'000, 'c')), 414);
    expect_refusal(server, "GET /" + std::string(20'000, 'd'), 414);
    blame("431: header fields of more than 16 KiB. The blank line may never come: what is kept of "
          "a client must have a limit");
    expect_refusal(server, "GET / HTTP/1.1\r\nX-Padding: " + std::string(18'000, 'e'), 431);
    blame("413: a body of more than 1 MiB. The Content-Length tells: do not wait for it");
    expect_refusal(server, request("POST", "/", "Content-Length: 1048577\r\n"), 413);
}

TEST(EpollWeb, DoubtsAContentLength)
{
    blame("a Content-Length is digits and no more, once, and fits into a number: all else is 400, "
          "for who believes another one than the next server lets strangers' requests in");
    ServerProcess server;
    for (const char* length : {"-1", "12abc", "", "0x10", "+5", "5, 6"}) {
        expect_refusal(server,
                       request("GET", "/", "Content-Length: " + std::string(length) + "\r\n"), 400);
    }
    expect_refusal(server, request("GET", "/", "Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
    TestClient bob = server.connect("bob");
    bob.send(request("GET", "/", "Content-Length: 18446744073709551617\r\n")); // 2 to the 64th + 1
    const HttpReply reply = receive_reply(bob);
    expect(reply.status == 400 || reply.status == 413, "status 400 or 413",
           std::to_string(reply.status));
    bob.expect_end();
}

TEST(EpollWeb, DeliversItsLastReplyDespiteUnreadInput)
{
    blame("close with input unread sends a reset instead of FIN, and the client loses the reply: "
          "shutdown(SHUT_WR), read on to the client's end, then close");
    ServerProcess server;
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.send(request("POST", "/", "Content-Length: 2000000\r\n") + std::string(60'000, 'x'));
    server.thaw();
    server.wait_until_idle(); // what it does to the connection, it has done when alice looks
    expect_status(receive_reply(alice), 413);
    alice.expect_end();
}

// The reply and the end.
TEST(EpollWeb, ServesOnWhenAReplyMeetsAReset)
{
    blame("to send to a connection that was reset raises SIGPIPE, which kills: send with "
          "MSG_NOSIGNAL, ignore SIGPIPE for sendfile, and take EPIPE for the end of this client");
    const Site site;
    site.write("index.html", "inside");
    site.write("big.bin", patterned(big));
    ServerProcess server(serving(site));
    for (const char* target : {"/", "/big.bin"}) {
        server.freeze();
        TestClient alice(server, "alice", small_buffer);
        alice.send(get(target));
        alice.half_close();
        alice.reset();
        server.thaw();
        server.wait_until_idle();
    }
    TestClient bob(server, "bob", small_buffer);
    bob.send(get("/big.bin") + get("/"));
    server.wait_until_idle();
    server.freeze();
    bob.half_close();
    bob.reset();
    server.thaw();
    TestClient carol = server.connect("carol");
    expect_body(ask(carol, get("/"), 200), "inside");
}

TEST(EpollWeb, SendsABigFileToASlowClient)
{
    blame("a socket takes what it has room for, and the rest (EAGAIN, or a short count) when "
          "EPOLLOUT says so: remember how far you came");
    expect_a_big_file_served_slowly({});
}

TEST(EpollWeb, AnswersAPipelineOfFiles)
{
    blame("who asks faster than he takes must wait: stop to read while much is unsent, and look at "
          "what was received already when it has gone out");
    expect_a_pipeline_of_files_served({});
}

TEST(EpollWeb, AnswersAPipelineOfPages)
{
    constexpr int names = 300;
    constexpr int count = 100; // 7 MB: more than the socket buffers hold
    const Site site;
    for (int i = 0; i < names; ++i) {
        site.write("box/" + std::string(100, 'n') + std::to_string(i), "");
    }
    ServerProcess server(serving(site));
    TestClient bob = server.connect("bob");
    const HttpReply page = ask(bob, get("/box/"), 200);
    server.freeze();
    TestClient alice(server, "alice", small_buffer);
    alice.send(repeated(count, get("/box/")));
    server.thaw();
    blame("send takes what there is room for, and returns how much that was: the rest stays, in "
          "its order, until EPOLLOUT comes");
    server.wait_until_idle();
    for (int i = 0; i < count; ++i) {
        expect_body(receive_reply(alice), page.body);
    }
}

TEST(EpollWeb, ServesOthersWhileOneTakesNothing)
{
    constexpr std::size_t whole = 2 * big;
    const Site site;
    site.write("index.html", "inside");
    site.write("big.bin", patterned(whole));
    ServerProcess server(serving(site));
    TestClient alice(server, "alice", small_buffer);
    alice.send(get("/big.bin"));
    // Some of it, so that the server has had room again, and not enough of it.
    std::size_t taken = 0;
    while (taken < whole / 4) {
        taken += alice.receive_some(65'536, "a part of the file for alice").size();
    }
    blame("a client that takes nothing more keeps the others waiting: no write may block, the rest "
          "of a reply waits for EPOLLOUT");
    TestClient bob = server.connect("bob");
    expect_body(ask(bob, get("/"), 200), "inside");
    server.expect_no_spin("while a client takes nothing");
    alice.half_close();
    blame("the end of a client's input is ready for ever (EPOLLIN, EPOLLRDHUP): once it is known, "
          "ask for it no more, though the reply is still on its way");
    server.expect_no_spin("while a client that has sent its FIN takes nothing");
    taken += alice.receive_to_end().size();
    expect(taken > whole, "a head and " + std::to_string(whole) + " bytes",
           std::to_string(taken) + " bytes in all");
}

// Limits to waiting.
TEST(EpollWeb, TellsAClientThatItTookTooLong)
{
    ServerProcess server({"--idle-timeout", "0.3"});
    blame("with --idle-timeout S, a client that has begun a request and then says nothing for S "
          "seconds is told 408 Request Timeout, and its connection closed");
    server.freeze(); // however slow this machine is, all is there when the wait begins
    TestClient alice = server.connect("alice");
    alice.send("GET / HTTP/1.1\r\nHo");
    server.thaw();
    expect_status(receive_reply(alice), 408);
    alice.expect_end();
}

TEST(EpollWeb, ClosesASilentClient)
{
    ServerProcess server({"--idle-timeout", "0.3"});
    blame("with --idle-timeout S, a client that says nothing for S seconds is closed, without a "
          "word when no request of it has begun");
    TestClient alice = server.connect("alice");
    alice.expect_end();
    server.freeze();
    TestClient bob = server.connect("bob");
    bob.send(get("/"));
    server.thaw();
    expect_body(receive_reply(bob), greeting);
    bob.expect_end();
}

TEST(EpollWeb, DropsAClientThatTakesNothing)
{
    const Site site;
    site.write("big.bin", patterned(big));
    ServerProcess server(serving(site, {"--idle-timeout", "0.3"}));
    TestClient alice(server, "alice", small_buffer);
    alice.send(get("/big.bin"));
    blame("the idle time-out is for those as well who take nothing of what they asked for");
    server.wait_until_idle(); // it has accepted her
    step("waited until the server had let go of alice");
    eventually(
        server, "a server that has let go of a client that takes nothing",
        [&] {
            const auto connection = server.connection_of(alice);
            return !connection || connection->inode == 0;
        },
        [] { return "one that holds on to it"; });
    server.expect_that_it_lives();
}

// Files.
TEST(EpollWeb, ServesFiles)
{
    const Site site;
    const std::string photo = patterned(100'000);
    site.write("index.html", "<title>Home</title>");
    site.write("style.css", "p {}");
    site.write("photo.png", photo);
    site.write("empty.txt", "");
    site.write("deep/er/a b+c.txt", "plus");
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    blame("a file goes out byte for byte, with its length, and a Content-Type by its name");
    for (const auto& [target, type, body] :
         {std::tuple{"/", "text/html", std::string("<title>Home</title>")},
          {"/index.html", "text/html", "<title>Home</title>"},
          {"/style.css", "text/css", "p {}"},
          {"/photo.png", "image/png", photo},
          {"/empty.txt", "text/plain", ""},
          {"/deep/er/a%20b+c.txt", "text/plain", "plus"},
          {"/style.css?version=3", "text/css", "p {}"}}) {
        const HttpReply reply = ask(alice, get(target), 200);
        expect_body(reply, body);
        expect(reply.words("Content-Type").starts_with(type), "Content-Type: " + std::string(type),
               '"' + reply.words("Content-Type") + '"');
    }
    blame("what is neither file nor folder is not found, and must not be waited for");
    ::mkfifo((site.root() + "/pipe").c_str(), 0666);
    ask(alice, get("/pipe"), 404);
    ask(alice, get("/nothing.txt"), 404);
}

TEST(EpollWeb, ListsAFolder)
{
    const Site site;
    const std::vector<std::string> names{"plain.txt", "a b.txt", "50%.txt", "<i>&'\".txt",
                                         "what?#.txt"};
    for (const std::string& name : names) {
        site.write("box/" + name, "this is " + name);
    }
    site.make_folder("box/inner");
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    const HttpReply reply = ask(alice, get("/box/"), 200);
    expect(reply.words("Content-Type").starts_with("text/html"), "Content-Type: text/html",
           '"' + reply.words("Content-Type") + '"');
    blame("a name may contain < and &: in a page they are written &lt; and &amp;");
    expect(reply.body.find("<i>") == std::string::npos, "names with < escaped as &lt;", "\"<i>\"");
    blame("a listing has a link for each name, and in a link a name's odd characters are written "
          "%XX");
    const auto links = links_in(reply.body, "/box/");
    for (const std::string& name : names) {
        const bool found = std::ranges::any_of(links, [&](const std::string& link) {
            return link.starts_with("/box/") && link.find_first_of(" <>\"") == std::string::npos &&
                   served(alice, link, "this is " + name);
        });
        expect(found, "a link that leads to " + name, "none");
    }
}

TEST(EpollWeb, RedirectsToAFolder)
{
    blame("a folder without its slash: 301 with a Location that ends with it, or the browser gets "
          "every relative link of the page wrong");
    const Site site;
    site.write("box/index.html", "in the box");
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    const HttpReply reply = ask(alice, get("/box"), 301);
    const std::string place = reply.field("Location").value_or("");
    expect(place.ends_with("/box/"), "\"Location: /box/\"", '"' + printable(place) + '"');
    expect_body(ask(alice, get("/box/"), 200), "in the box");
}

TEST(EpollWeb, SaysThatAFileHasNotChanged)
{
    const Site site;
    site.write_of_2020("old.txt", "old");
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    const std::string date = "Thu, 02 Jan 2020 03:04:05 GMT";
    blame("a file's reply says when it was last modified");
    expect_field(ask(alice, get("/old.txt"), 200), "Last-Modified", date);
    blame("If-Modified-Since at that date or later: 304, and no body");
    ask(alice, get("/old.txt", "If-Modified-Since: " + date + "\r\n"), 304);
    ask(alice, get("/old.txt", "If-Modified-Since: Sat, 02 Jan 2021 03:04:05 GMT\r\n"), 304);
    blame("If-Modified-Since before that date, or no date at all: the file");
    for (const char* since : {"Thu, 02 Jan 2020 03:04:04 GMT", "yesterday"}) {
        const std::string field = "If-Modified-Since: " + std::string(since) + "\r\n";
        expect_body(ask(alice, get("/old.txt", field), 200), "old");
    }
}

TEST(EpollWeb, SendsAPartOfAFile)
{
    const Site site;
    const std::string contents = patterned(1'000);
    site.write("part.bin", contents);
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    blame("Range: bytes=first-last, both counted from 0 and both included; first- to the end; "
          "-count the last ones. 206 with a Content-Range");
    for (const auto& [range, first, last] : {std::tuple{"0-99", 0U, 99U},
                                             {"990-", 990U, 999U},
                                             {"-50", 950U, 999U},
                                             {"995-2000", 995U, 999U},
                                             {"-5000", 0U, 999U}}) {
        const HttpReply reply =
            ask(alice, get("/part.bin", "Range: bytes=" + std::string(range) + "\r\n"), 206);
        expect_body(reply, contents.substr(first, last - first + 1));
        expect_field(reply, "Content-Range",
                     "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/1000");
    }
    blame("a range behind the end of the file: 416, and Content-Range tells how long it is");
    const HttpReply reply = ask(alice, get("/part.bin", "Range: bytes=1000-\r\n"), 416);
    expect_field(reply, "Content-Range", "bytes */1000");
}

// Nothing outside the root.
TEST(EpollWeb, StaysBelowItsRoot)
{
    blame("a path with .. leads out of the root: it must not be opened");
    const Site site;
    hide_something_beside(site);
    ServerProcess server(serving(site));
    for (const char* target :
         {"/../secret.txt", "/sub/../../secret.txt", "/sub/../../root-of-somebody-else/secret.txt",
          "/../root-of-somebody-else/secret.txt"}) {
        expect_hidden(server, target);
    }
    blame("a path that begins with two slashes is not an absolute one");
    expect_hidden(server, "/" + (site.folder() / "secret.txt").string());
}

TEST(EpollWeb, LooksAtWhatIsDecoded)
{
    blame("%2e is a dot and %2f a slash: decode first, and look then");
    const Site site;
    hide_something_beside(site);
    ServerProcess server(serving(site));
    for (const char* target : {"/%2e%2e/secret.txt", "/%2E./secret.txt", "/..%2fsecret.txt",
                               "/sub/%2e%2e/.%2E%2Fsecret.txt", "/%2e%2e%2fsecret.txt"}) {
        expect_hidden(server, target);
    }
    expect_hidden(server, "/%2f" + (site.folder() / "secret.txt").string().substr(1));
}

TEST(EpollWeb, FollowsNoLinkOutOfItsRoot)
{
    blame("a symbolic link may lead out of the root: openat2 with RESOLVE_BENEATH, or look where "
          "the opened file is");
    const Site site;
    hide_something_beside(site);
    site.make_link("link.txt", "../secret.txt");
    site.make_link("absolute.txt", site.folder() / "secret.txt");
    site.make_link("sub/out", site.folder());
    ServerProcess server(serving(site));
    for (const char* target : {"/link.txt", "/absolute.txt", "/sub/out/secret.txt", "/sub/out/"}) {
        expect_hidden(server, target);
    }
}

TEST(EpollWeb, DecodesANameOnce)
{
    const Site site;
    site.write("%41.txt", "percent");
    site.write("A.txt", "letter");
    hide_something_beside(site);
    ServerProcess server(serving(site));
    TestClient alice = server.connect("alice");
    blame("%2541 is the name %41, not A: decode once, or what was looked at is not what is opened");
    expect_body(ask(alice, get("/%2541.txt"), 200), "percent");
    expect_hidden(server, "/%252e%252e/secret.txt");
    blame("%00 would end the name for the kernel, after the rest of it has been looked at: 400");
    expect_goes_on_as_said(alice, ask(alice, get("/A.txt%00.png"), 400));
}

// Logs.
TEST(EpollWeb, LogsEachRequest)
{
    ServerProcess server({"--log-level", "debug"});
    expect_served(server, "alice");
    expect_answer(server, get("/no-such-page"), 404);
    blame("each request is logged: one line with its first line and the status of its reply");
    static const std::regex line("[^\n]*GET /no-such-page[^\n]*404");
    eventually(
        server, "a line with \"GET /no-such-page\" and 404 in the log",
        [&] { return std::regex_search(server.log(), line); }, [] { return "none"; });
    blame("with --log-level debug a request is logged as it came, under a rule of 40 dashes");
    expect(server.log().find(std::string(40, '-')) != std::string::npos, "a rule of 40 dashes",
           "none in the log");
    expect(server.log().find("Host: localhost") != std::string::npos,
           "the request's fields in the log", "none");
}

// The last step: edge-triggered.
TEST(EpollWeb, EdgeReadsUntilThereIsNoMore)
{
    constexpr int count = 20;
    ServerProcess server(edge_triggered);
    server.freeze();
    TestClient alice = server.connect("alice");
    TestClient bob = server.connect("bob");
    alice.send(repeated(count, get("/", "X-Padding: " + std::string(2'000, 'p') + "\r\n")));
    bob.send(get("/"));
    bob.half_close();
    server.thaw();
    blame("an edge is told once: read until EAGAIN, or what is left is never heard of again");
    for (int i = 0; i < count; ++i) {
        expect_body(receive_reply(alice), greeting);
    }
    alice.drip(get("/"));
    expect_body(receive_reply(alice), greeting);
    blame("bytes and the end that comes right after them may be told in one edge: what is read "
          "next is the end, and nobody will say so again");
    expect_body(receive_reply(bob), greeting);
    bob.expect_end();
}

TEST(EpollWeb, EdgeAcceptsUntilThereIsNoMore)
{
    blame("an edge of the listener is told once, however many clients stand behind it: accept "
          "until EAGAIN");
    expect_fifty_that_arrive_at_once_served(edge_triggered);
}

TEST(EpollWeb, EdgeSendsABigFile)
{
    blame("an edge of EPOLLOUT comes only after a write that said EAGAIN: write until it does, and "
          "ask for the edge before you wait for it");
    expect_a_big_file_served_slowly(edge_triggered);
}

TEST(EpollWeb, EdgeTakesUpAPipelineAgain)
{
    blame("a client whose requests were left lying while much was unsent has told its edge "
          "already: when there is room again, go on with what is there");
    expect_a_pipeline_of_files_served(edge_triggered);
}

TEST(EpollWeb, EdgeWaitsForRoom)
{
    blame("after EMFILE the clients in the queue have told their edge: try accept again when there "
          "may be room");
    expect_room_waited_for(edge_triggered);
}
