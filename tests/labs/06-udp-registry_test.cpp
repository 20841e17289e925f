// Lab 06: a registry over UDP, seen from outside.
//
// What must not arrive is followed by something that must: the sentinel. Nobody is told that a
// command has been heeded; the next message shows it.

#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/ports.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/udp_client.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

using namespace harness;

namespace {

using Clock = std::chrono::steady_clock;

contract::Manners registry_manners()
{
    contract::Manners manners;
    manners.bad_flags = {{"--no-such-flag"}, {"--port", "70000"}, {"--expire", "soon"}};
    return manners;
}

const bool prepared = set_transport(Transport::udp) && keep_datagrams_in_order() &&
                      contract::set_manners(registry_manners());

constexpr std::size_t largest_payload = 65'507; // 65,535 less the heads of IP and UDP

std::string letters(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) { // no period that a buffer's size could hide
        text += static_cast<char>('a' + (i * i + i / 26) % 26);
    }
    return text;
}

// From one of them to all of them.
void expect_heard_by_all(const std::string& message, UdpClient& from,
                         const std::vector<UdpClient*>& all)
{
    from.send(message);
    for (UdpClient* client : all) {
        client->expect(message);
    }
}

// All of them, and then they talk.
void enrol(const std::vector<UdpClient*>& all)
{
    for (UdpClient* client : all) {
        client->send("#REG");
    }
    expect_heard_by_all("hello", *all.front(), all);
}

void expect_echo(UdpClient& client, const std::string& payload)
{
    client.send(payload);
    client.expect(payload);
}

// The server is alive and serves: what every test of a mishap ends with.
void expect_served(ServerProcess& server, const std::string& name)
{
    UdpClient client(server, name);
    enrol({&client});
}

// Two clients that have the same port at different addresses.
std::vector<UdpClient> clients_of_one_port(ServerProcess& server)
{
    for (;;) {
        std::vector<UdpClient> both;
        both.emplace_back(server, "alice");
        lab::Address address = lab::resolve("127.0.0.2", both[0].address().port());
        if (auto bob = UdpClient::at(server, "bob", address)) {
            both.push_back(std::move(*bob));
            return both;
        }
        story().steps.pop_back(); // somebody else has that port: another one
    }
}

// Registers and says it, again and again until it is heard: with --expire a client may be forgotten
// between its two datagrams, if the machine is slow. Returns what came before.
std::vector<std::string> make_heard(UdpClient& client, const std::string& message)
{
    std::vector<std::string> before;
    Wait wait(client.server());
    for (Seconds pause{0.2}; !wait.is_over(); pause *= 2) {
        client.send("#REG");
        client.send(message);
        while (auto got = client.receive_within(std::min(pause, wait.left()))) {
            if (*got == message) {
                return before;
            }
            before.push_back(std::move(*got));
        }
    }
    client.expect(message); // fails, and says so
    return before;
}

// What is here already.
bool has_heard(UdpClient& client, const std::string& message)
{
    bool heard = false;
    while (const auto got = client.receive_within(Seconds(0))) {
        heard = heard || *got == message;
    }
    return heard;
}

// One message of bob's: does it reach none of the silent ones? If so they are back on the register
// afterwards: to be sure that nothing is still on its way to them, they have to speak.
bool reaches_none_of(ServerProcess& server, std::vector<UdpClient>& silent, UdpClient& bob,
                     const std::string& round)
{
    make_heard(bob, "round " + round);
    server.wait_until_idle(); // bob may have been the first to hear it
    if (std::ranges::any_of(silent, [&](auto& c) { return has_heard(c, "round " + round); })) {
        return false;
    }
    step("nobody but bob seems to have heard that: they register again, to be sure");
    return std::ranges::none_of(silent, [&](UdpClient& client) {
        const auto before = make_heard(client, "again " + round + " " + client.name());
        return std::ranges::find(before, "round " + round) != before.end();
    });
}

void expect_forgotten(ServerProcess& server, std::vector<UdpClient>& silent)
{
    UdpClient bob(server, "bob");
    const auto steps = story().steps.size();
    const auto wire = story().wire.size();
    int round = 0;
    eventually(
        server, "bob's messages to reach nobody who has been silent for so long",
        [&] {
            story().steps.resize(steps); // the last round is enough to tell of
            story().wire.resize(wire);
            return reaches_none_of(server, silent, bob, std::to_string(++round));
        },
        [&] { return "that they did, " + std::to_string(round) + " times"; });
}

std::vector<std::string> lines_with(const std::string& text, const std::string& word)
{
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.find(word) != std::string::npos) {
            found.push_back(line);
        }
    }
    return found;
}

// Does the number stand there alone, and not within a time, an address or another number?
bool has_number(const std::string& line, const std::string& number)
{
    constexpr std::string_view within = "0123456789:.-/";
    for (auto at = line.find(number); at != std::string::npos; at = line.find(number, at + 1)) {
        const auto end = at + number.size();
        const bool begins = at == 0 || within.find(line[at - 1]) == within.npos;
        const bool ends = end == line.size() || within.find(line[end]) == within.npos ||
                          end + 1 == line.size(); // "to 3."
        if (begins && ends) {
            return true;
        }
    }
    return false;
}

void expect_logged(ServerProcess& server, const std::string& what,
                   const std::function<bool(const std::string& log)>& is_there)
{
    step("looked into the server's log for " + what);
    eventually(
        server, "a line of the log that says " + what, [&] { return is_there(server.log()); },
        [] { return "none"; });
}

} // namespace

// Free: what is given.
TEST(UdpRegistry, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}

// Step 1: a socket, bound.
TEST(UdpRegistry, SaysWhereItListens)
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

TEST(UdpRegistry, ListensOnTheAddressGiven)
{
    contract::listens_on_the_address_given();
}

TEST(UdpRegistry, SharesItsPortWithNobody)
{
    ServerProcess first;
    blame(
        "a failed bind must end the program, with a line on stderr like \"bind 127.0.0.1:65456: "
        "Address already in use\". And no SO_REUSEADDR here: with it two UDP servers get the same "
        "port, and one of them the datagrams of both");
    const auto second = ServerProcess::start_only({"--port", first.port()});
    const ExitStatus status = second->wait_for_exit(Seconds(2));
    expect(status.signal == 0 && status.code == 1, "exit status 1 when the port is taken",
           "it " + to_string(status));
    const std::string line = "bind 127.0.0.1:" + first.port() + ": Address already in use";
    expect(second->log().find(line) != std::string::npos, '"' + line + "\" on stderr",
           '"' + printable(second->log()) + '"');
}

// Step 2: receive.
TEST(UdpRegistry, EchoesWhenPlain)
{
    ServerProcess server({"--plain"});
    UdpClient alice(server, "alice");
    blame("recvfrom says who has sent the datagram: with --plain it goes back there, by sendto");
    expect_echo(alice, "hello");
    blame("with --plain there are no commands: every datagram goes back unchanged");
    expect_echo(alice, "#REG");
    expect_echo(alice, " quit\r\n");
    expect_echo(alice, "\r\n");
}

TEST(UdpRegistry, EchoesAnEmptyDatagram)
{
    ServerProcess server({"--plain"});
    UdpClient alice(server, "alice");
    blame("a datagram may be empty: recvfrom returns 0 then, and that is no end of anything");
    expect_echo(alice, "");
    expect_echo(alice, "hello");
}

TEST(UdpRegistry, EchoesToEachItsOwn)
{
    blame(
        "each datagram may come from somebody else: one socket serves them all, so it must not be "
        "connected to one of them, and the address of each sender must be asked for anew");
    ServerProcess server({"--plain"});
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob", "127.0.0.2");
    for (const std::string word : {"first", "second", "third"}) {
        expect_echo(alice, word + " of alice");
        expect_echo(bob, word + " of bob");
    }
    alice.send("both at once");
    bob.send("at once, both");
    bob.expect("at once, both");
    alice.expect("both at once");
}

TEST(UdpRegistry, EchoesAnyLength)
{
    blame(
        "what does not fit into the buffer is cut off and lost: a datagram may have 65,507 bytes. "
        "And what recvfrom returns is the length, whatever the bytes are");
    ServerProcess server({"--plain"});
    UdpClient alice(server, "alice");
    for (std::size_t edge = 256; edge <= 32'768; edge *= 2) {
        for (const std::size_t size : {edge - 1, edge, edge + 1}) {
            expect_echo(alice, letters(size));
        }
    }
    expect_echo(alice, letters(largest_payload));
    expect_echo(alice, "short again");
}

TEST(UdpRegistry, SleepsWhileNobodySpeaks)
{
    ServerProcess server;
    expect_served(server, "alice");
    blame("the server asks again and again whether something has come: let recvfrom block");
    server.expect_no_spin("while nobody speaks");
}

TEST(UdpRegistry, StopsWhenAsked)
{
    ServerProcess server;
    UdpClient alice(server, "alice");
    enrol({&alice});
    server.wait_until_idle();
    blame("SIGTERM asks the server to end with status 0 within 2 s: a blocked recvfrom returns -1 "
          "with EINTR, and the loop must then look at stopping()");
    server.signal(SIGTERM);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
    blame("the server ends but leaves processes of its own behind");
    const auto left = server.census().processes;
    expect(left == 0, "no process left", std::to_string(left));
}

// Step 3: what a datagram means.
TEST(UdpRegistry, IgnoresWhiteSpaceAroundACommand)
{
    blame("a command may come with white space around it, as from a terminal: #REG and a newline");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    UdpClient carol(server, "carol");
    alice.send("#REG\n");
    bob.send(" \t#REG\r\n");
    carol.send("\v\f#REG ");
    expect_heard_by_all("hello", carol, {&alice, &bob, &carol});
    alice.send("\tquit\r\n");
    bob.send(" #DEREG\n");
    expect_heard_by_all("all alone", carol, {&carol});
    enrol({&alice, &bob}); // neither has heard that carol is alone
}

TEST(UdpRegistry, TakesOnlyAWholeDatagramForACommand)
{
    blame("a command is the whole datagram: one that only begins with it, or mentions it, is none");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice});
    for (const char* payload : {"#REGISTER", "#REG me", "#REG\n#REG", "me #REG"}) {
        bob.send(payload);
    }
    bob.send(std::string("#REG\0", 5));
    bob.send("let me in");
    expect_heard_by_all("is it still me alone?", alice, {&alice});
    enrol({&bob, &alice});
    for (const char* payload : {"quitting time", "never quit", "quit quit", "do #DEREG"}) {
        expect_heard_by_all(payload, alice, {&alice, &bob});
    }
}

TEST(UdpRegistry, IgnoresWhatBeginsWithAHash)
{
    blame("what begins with # and is no command is ignored: it goes to nobody and changes nothing. "
          "Commands are written in capitals, quit is not");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice, &bob});
    for (const char* payload : {"#", "#reg", "#dereg", "#DEREGISTER", "#QUIT", "#quit", "#hello"}) {
        alice.send(payload);
    }
    expect_heard_by_all("QUIT", alice, {&alice, &bob});
    expect_heard_by_all("we are 2 # not 1", alice, {&alice, &bob});
}

TEST(UdpRegistry, IgnoresABlankDatagram)
{
    blame("a datagram that is empty, or all white space, goes to nobody; and that recvfrom returns "
          "0 is no end of anything");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    bob.send("");
    enrol({&alice, &bob});
    for (const char* payload : {"", " ", "\n", " \t\r\n\v\f "}) {
        alice.send(payload);
    }
    expect_heard_by_all("hello again", alice, {&alice, &bob});
}

// Step 4: the silent ones.
TEST(UdpRegistry, ForgetsTheSilent)
{
    ServerProcess server({"--expire", "0.2"});
    std::vector<UdpClient> silent;
    silent.emplace_back(server, "alice");
    make_heard(silent[0], "hello");
    blame(
        "with --expire S a client that has sent nothing for S seconds is off the register, though "
        "it never said goodbye");
    expect_forgotten(server, silent);
}

TEST(UdpRegistry, ForgetsManyAtOnce)
{
    ServerProcess server({"--expire", "0.2"});
    std::vector<UdpClient> silent;
    for (int i = 1; i <= 8; ++i) {
        silent.emplace_back(server, "client " + std::to_string(i));
        silent.back().send("#REG");
    }
    blame(
        "to erase an element makes its iterator invalid: std::erase_if, or go on with the iterator "
        "that erase returns");
    expect_forgotten(server, silent);
    UdpClient carol(server, "carol");
    make_heard(carol, "hello");
}

TEST(UdpRegistry, KeepsWhoShowsALifeSign)
{
    constexpr Seconds limit{0.5};
    constexpr int tries = 20;
    ServerProcess server({"--expire", "0.5"});
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    blame(
        "any datagram from a client is a sign of life, a command or a senseless one too: its time "
        "starts anew");
    const auto steps = story().steps.size();
    int round = 0;
    for (int i = 0; i < tries; ++i) {
        auto last_sign = Clock::now();
        const auto start = last_sign;
        make_heard(alice, "here I am");
        bool kept = true;
        bool in_time = true;
        while (kept && Clock::now() - start < 2 * limit) {
            story().steps.resize(steps);
            server.wait_for_death(limit / 20); // the pace of the signs
            const std::string message = "round " + std::to_string(++round);
            const auto sign = Clock::now();
            alice.send("#I am still here");
            make_heard(bob, message);
            in_time = Clock::now() - last_sign < limit; // else a right server may have dropped her
            last_sign = sign;
            server.wait_until_idle(); // it has sent alice her copy too
            kept = has_heard(alice, message);
            if (!kept) {
                const auto before = make_heard(alice, "again " + message);
                kept = std::ranges::find(before, message) != before.end();
            }
        }
        if (kept) {
            return;
        }
        expect(!in_time, "alice, who sends something all the time, to hear bob",
               "that she has been dropped");
    }
    inconclusive("the machine was too slow to send something every half second");
}

// Step 5: the register.
TEST(UdpRegistry, RegistersOnceHoweverOftenAsked)
{
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice, &bob});
    blame("who registers again is on the register already: each message goes to it once");
    alice.send("#REG");
    alice.send("#REG\n");
    expect_heard_by_all("once", bob, {&alice, &bob});
    expect_heard_by_all("and once more", bob, {&alice, &bob});
    blame("one #DEREG is enough, however often somebody has registered");
    alice.send("#DEREG");
    expect_heard_by_all("has she gone?", bob, {&bob});
    enrol({&alice});
}

TEST(UdpRegistry, AcknowledgesNothing)
{
    blame("a command has no answer: whoever registers or leaves hears nothing of it, nor does "
          "anybody else");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice});
    bob.send("#REG");
    bob.send("#DEREG");
    bob.send("#REG");
    expect_heard_by_all("hello, bob", alice, {&alice, &bob});
}

TEST(UdpRegistry, TellsPortsApart)
{
    blame(
        "a client is an address and a port: two programs on one machine differ by the port alone");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice});
    bob.send("from another port");
    expect_heard_by_all("me again", alice, {&alice});
    enrol({&bob, &alice});
    expect_heard_by_all("hello, bob", alice, {&alice, &bob});
}

TEST(UdpRegistry, TellsAddressesApart)
{
    blame("a client is an address and a port: programs on two machines may have the same port");
    ServerProcess server;
    auto clients = clients_of_one_port(server);
    UdpClient& alice = clients[0];
    UdpClient& bob = clients[1];
    enrol({&alice});
    bob.send("from another address");
    expect_heard_by_all("me again", alice, {&alice});
    enrol({&bob, &alice});
    expect_heard_by_all("hello, bob", alice, {&alice, &bob});
}

TEST(UdpRegistry, HoldsManyClients)
{
    constexpr int count = 120;
    blame("the register has no fixed size: let a container grow");
    ServerProcess server;
    std::vector<UdpClient> clients;
    std::vector<UdpClient*> all;
    all.reserve(count);
    for (int i = 1; i <= count; ++i) {
        clients.emplace_back(server, "client " + std::to_string(i));
    }
    for (UdpClient& client : clients) {
        all.push_back(&client);
    }
    enrol(all);
    expect_heard_by_all("so many", clients.back(), all);
}

// Step 6: a message.
TEST(UdpRegistry, RelaysToEveryRegisteredClient)
{
    blame("a message from a registered client goes to every registered client, itself included");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    UdpClient carol(server, "carol", "127.0.0.2");
    const std::vector<UdpClient*> all{&alice, &bob, &carol};
    enrol(all);
    expect_heard_by_all("from alice", alice, all);
    expect_heard_by_all("from carol", carol, all);
    expect_heard_by_all("from bob", bob, all);
}

TEST(UdpRegistry, RelaysNothingFromAStranger)
{
    blame("what comes from somebody who is not registered goes to nobody, not back to the sender "
          "either");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice});
    bob.send("is anybody here?");
    expect_heard_by_all("me again", alice, {&alice});
    enrol({&bob, &alice});
}

TEST(UdpRegistry, RelaysEveryByte)
{
    blame(
        "a message is bytes with a length, not a C string: a NUL ends nothing, nothing is decoded, "
        "and of a longer message before it nothing is left in the buffer");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice, &bob});
    expect_heard_by_all(std::string("one\0two\xff\xfe\0three", 15), alice, {&alice, &bob});
    expect_heard_by_all("short", alice, {&alice, &bob});
    expect_heard_by_all(std::string("\0", 1), alice, {&alice, &bob});
    const std::string spaced = "  two words \r\n";
    alice.send(spaced);
    for (UdpClient* client : {&alice, &bob}) {
        client->expect([&](auto got) { return got == spaced || got == "two words"; },
                       '"' + printable(spaced) + '"');
    }
}

TEST(UdpRegistry, RelaysTheLargestDatagram)
{
    blame(
        "what does not fit into the buffer is cut off and lost: a datagram may have 65,507 bytes");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice, &bob});
    for (const std::size_t size : {1'473UL, 8'193UL, largest_payload}) {
        expect_heard_by_all(letters(size), bob, {&alice, &bob});
    }
}

TEST(UdpRegistry, RelaysABurst)
{
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    enrol({&alice, &bob});
    server.freeze();
    constexpr int count = 100;
    std::vector<std::string> messages;
    messages.reserve(count);
    for (int i = 1; i <= count; ++i) { // well within what an ordinary receive buffer holds
        messages.push_back("message " + std::to_string(i));
        alice.send(messages.back());
    }
    server.thaw();
    blame("many datagrams may wait at once: each recvfrom returns one of them, and none is lost");
    alice.expect_all(messages);
    bob.expect_all(messages);
}

TEST(UdpRegistry, LogsWhatItDoes)
{
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    UdpClient carol(server, "carol");
    enrol({&alice, &bob, &carol});
    blame("the log says who was registered and de-registered, what was ignored, and to how many "
          "clients a message went");
    expect_logged(server, "registered, and " + to_string(alice.address()), [&](const auto& log) {
        return std::ranges::any_of(lines_with(log, to_string(alice.address())),
                                   [](auto& line) { return line.find("registered") != line.npos; });
    });
    expect_logged(server, "that a message went to 3", [](const auto& log) {
        return std::ranges::any_of(lines_with(log, ""), [](auto& line) {
            return has_number(line, "3") && line.find("registered") == line.npos;
        });
    });
    carol.send("#nonsense");
    expect_logged(server, "ignored",
                  [](const auto& log) { return !lines_with(log, "ignored").empty(); });
    carol.send("quit");
    expect_logged(server, "de-registered, and " + to_string(carol.address()), [&](const auto& log) {
        return std::ranges::any_of(lines_with(log, to_string(carol.address())), [](auto& line) {
            return line.find("de-registered") != line.npos;
        });
    });
}

// Step 7: send.
TEST(UdpRegistry, ServesOnWhenAClientHasGone)
{
    blame("a datagram to a client that has died may be refused, and the refusal shows at the next "
          "call on the socket, whomever that is for: log it, and go on with the others");
    ServerProcess server;
    // In this order by address as well as by registration.
    UdpClient alice(server, "alice", "127.0.0.1");
    UdpClient bob(server, "bob", "127.0.0.2");
    UdpClient carol(server, "carol", "127.0.0.3");
    enrol({&alice, &bob, &carol});
    bob.close();
    for (int i = 1; i <= 5; ++i) {
        expect_heard_by_all("message " + std::to_string(i), alice, {&alice, &carol});
    }
    expect_served(server, "dave");
}

// Step 8: goodbye.
TEST(UdpRegistry, StrikesOffExactlyOne)
{
    ServerProcess server;
    // Bob is neither the first nor the last one, by address or by registration.
    UdpClient alice(server, "alice", "127.0.0.1");
    UdpClient bob(server, "bob", "127.0.0.2");
    UdpClient dave(server, "dave", "127.0.0.2");
    UdpClient carol(server, "carol", "127.0.0.3");
    enrol({&alice, &bob, &dave, &carol});
    blame("#DEREG takes its sender off the register, and nobody else");
    bob.send("#DEREG");
    expect_heard_by_all("without bob", alice, {&alice, &dave, &carol});
    bob.send("let me speak");
    expect_heard_by_all("still without bob", carol, {&alice, &dave, &carol});
    blame("quit takes its sender off the register, as #DEREG does");
    dave.send("quit");
    expect_heard_by_all("without dave", carol, {&alice, &carol});
    enrol({&alice, &bob, &dave, &carol});
}

TEST(UdpRegistry, BearsTheGoodbyeOfAStranger)
{
    blame("somebody who is not registered may say #DEREG or quit: that changes nothing, and ends "
          "nothing");
    ServerProcess server;
    UdpClient alice(server, "alice");
    UdpClient bob(server, "bob");
    bob.send("#DEREG");
    bob.send("quit");
    enrol({&alice});
    bob.send("quit");
    expect_heard_by_all("me again", alice, {&alice});
    expect_served(server, "carol");
}
