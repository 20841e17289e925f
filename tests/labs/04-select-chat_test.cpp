// Lab 04: a chat, seen from outside.

#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace harness;
using namespace std::string_literals;

namespace {

// -- the words of the chat ------------------------------------------------------------------------

std::string frame(const std::string& text)
{
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes += static_cast<char>(text.size() >> shift & 0xffU);
    }
    return bytes + text;
}

std::string login(const std::string& name)
{
    return frame("NAME: " + name);
}
std::string welcome(const std::string& name)
{
    return frame("CLIENT: " + name + "@127.0.0.1");
}
std::string connected(const std::string& name, std::size_t members)
{
    return frame("(Connected: New client (" + std::to_string(members) + ") from " + name +
                 "@127.0.0.1)");
}
std::string said(const std::string& name, const std::string& text)
{
    return frame("#[" + name + "@127.0.0.1]>> " + text);
}
std::string hung_up(const std::string& name)
{
    return frame("(Now hung up: Client from " + name + "@127.0.0.1)");
}

// -- people ---------------------------------------------------------------------------------------

TestClient join(ServerProcess& server, const std::string& name, int receive_buffer = 0)
{
    TestClient client(server, name, receive_buffer);
    client.send(login(name));
    client.expect(welcome(name));
    return client;
}

// All are members, and know of all others.
std::vector<TestClient> join_all(ServerProcess& server, const std::vector<std::string>& names)
{
    std::vector<TestClient> members;
    for (const std::string& name : names) {
        members.push_back(join(server, name));
        for (std::size_t i = 0; i + 1 < members.size(); ++i) {
            members[i].expect(connected(name, members.size()));
        }
    }
    return members;
}

// The server lives, and serves these two.
void expect_talk(TestClient& alice, TestClient& bob)
{
    alice.send(frame("how are you?"));
    bob.expect(said(alice.name(), "how are you?"));
    bob.send(frame("fine"));
    alice.expect(said(bob.name(), "fine"));
}

std::string letters(std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) { // no period that a buffer's size could hide
        text += static_cast<char>('a' + (i * i + i / 26) % 26);
    }
    return text;
}

// One after the other, of what comes for somebody.
class Frames {
public:
    explicit Frames(TestClient& client) : client_(client) {}

    std::string next(const std::string& awaited)
    {
        const auto length_of = [](const std::string& bytes) {
            std::size_t length = 0;
            for (const char byte : bytes.substr(0, 4)) {
                length = length << 8U | static_cast<unsigned char>(byte);
            }
            return length;
        };
        while (received_.size() < 4 || received_.size() - 4 < length_of(received_)) {
            const std::string more = client_.receive_some(1 << 20, awaited);
            if (more.empty()) {
                fail(awaited, "the end of " + client_.name() + "'s connection");
            }
            received_ += more;
        }
        std::string text = received_.substr(4, length_of(received_));
        received_.erase(0, 4 + text.size());
        return text;
    }

private:
    TestClient& client_;
    std::string received_;
};

void expect_refusal(TestClient& client)
{
    const std::string awaited = "a frame \"ERROR: …\" for " + client.name();
    step(client.name() + " waits for a frame \"ERROR: …\"");
    const std::string text = Frames(client).next(awaited);
    expect(text.starts_with("ERROR: "), awaited, '"' + printable(text) + '"');
    client.expect_end();
}

// -- one who never reads --------------------------------------------------------------------------

constexpr std::size_t piece = 60'000; // bytes of a text that is meant to be much

// Alice says much, and bob hears it. What else he heard meanwhile is returned.
std::vector<std::string> say_much(TestClient& alice, Frames& bobs)
{
    static const std::string text = letters(piece);
    alice.send(frame(text));
    std::vector<std::string> beside;
    for (;;) {
        std::string heard = bobs.next("what " + alice.name() + " says, for bob");
        if (frame(heard) == said(alice.name(), text)) {
            return beside;
        }
        beside.push_back(std::move(heard));
    }
}

std::size_t waiting_in_the_kernel(ServerProcess& server, const TestClient& client)
{
    const auto connection = server.connection_of(client);
    return connection ? connection->send_queue : 0;
}

// Until the kernel takes no more for the mute member: a little waits in the server from then on.
// Returns how often.
int fill_the_kernel(ServerProcess& server, TestClient& alice, Frames& bobs, const TestClient& mute)
{
    constexpr int most = 400; // far more than a kernel takes
    std::size_t before = 0;
    for (int times = 1; times <= most; ++times) {
        const auto beside = say_much(alice, bobs);
        if (!beside.empty()) {
            fail("1 MiB kept for one who does not read, beside what the kernel takes",
                 '"' + printable(beside[0]) + '"');
        }
        server.wait_until_idle();
        const std::size_t now = waiting_in_the_kernel(server, mute);
        if (now == before) {
            return times;
        }
        before = now;
    }
    if (before < most * piece / 2) {
        fail("a server that sends all that the kernel takes to one who does not read",
             "one that sends little at a time: " + std::to_string(before) + " bytes so far");
    }
    inconclusive("the kernel takes megabytes without end");
}

// -- many -----------------------------------------------------------------------------------------

void make_room_for(ServerProcess& server, rlim_t descriptors)
{
    rlimit ours{};
    ::getrlimit(RLIMIT_NOFILE, &ours);
    if (ours.rlim_max < descriptors) {
        skip("a process may have " + std::to_string(ours.rlim_max) + " descriptors here, and " +
             std::to_string(descriptors) + " are needed");
    }
    ours.rlim_cur = std::max(ours.rlim_cur, descriptors);
    ::setrlimit(RLIMIT_NOFILE, &ours);
    step("gave the server room for " + std::to_string(descriptors) + " descriptors");
    change_soft_limit(server.pid(), RLIMIT_NOFILE, descriptors);
    server.make_room_for_threads(); // one for each client is right as well
}

const bool has_manners = contract::set_manners({
    [](TestClient& client) {
        std::string name = client.name();
        std::ranges::replace(name, ' ', '-');
        client.send(login(name));
        client.expect(welcome(name));
    },
    [](TestClient& client) { client.send(frame("let me in")); },
    {},
    {{"--no-such-flag"}, {"--port", "70000"}, {"--log-level", "loud"}},
});

void expect_heard_by_all(std::vector<TestClient>& members, TestClient& speaker,
                         const std::string& text)
{
    speaker.send(frame(text));
    for (TestClient& other : members) {
        if (&other != &speaker) {
            other.expect(said(speaker.name(), text));
        }
    }
}

} // namespace

// Free: what is given.
TEST(SelectChat, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}

// Step 1: the sets.
TEST(SelectChat, SleepsWhenNobodySpeaks)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    expect_talk(members[0], members[1]);
    blame("an idle server must sleep in select: a socket is nearly always writable, so it belongs "
          "into the write set only while something waits to be sent to it");
    server.expect_no_spin("while nobody speaks");
}

TEST(SelectChat, HearsWhoeverSpeaks)
{
    blame("select changes the sets that it is given, and looks at descriptors below its first "
          "argument only: fill sets and highest descriptor anew every turn, from all connections");
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob", "carol", "dave"});
    for (TestClient& speaker : members) {
        expect_heard_by_all(members, speaker, "this is my line");
        expect_heard_by_all(members, speaker, "and another one");
    }
}

TEST(SelectChat, SleepsWhileAMemberDoesNotRead)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    TestClient bob = join(server, "bob");
    TestClient carol = join(server, "carol", 4096);
    alice.expect(connected("bob", 2) + connected("carol", 3));
    bob.expect(connected("carol", 3));
    Frames bobs(bob);
    blame("while something waits for one who does not read, only select may wait for it: its "
          "socket is in the write set and not writable, so the server sleeps");
    fill_the_kernel(server, alice, bobs, carol);
    server.expect_no_spin("while a member does not read");
}

// Step 2: select.
TEST(SelectChat, StopsWhenAsked)
{
    contract::stops_when_asked();
}

TEST(SelectChat, StopsAtTheEndOfItsInput)
{
    blame("with --stdin-stops, stdin belongs into the read set; at its end, the server ends with "
          "status 0");
    const auto server = ServerProcess::start_only({"--stdin-stops"});
    const ExitStatus status = server->wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
}

TEST(SelectChat, StopsAtEnter)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd input(ends[0]);
    const UniqueFd keyboard(ends[1]);
    ServerProcess server({"--stdin-stops"}, input.get());
    TestClient alice = join(server, "alice");
    blame("with --stdin-stops, Enter on the server's terminal ends it with status 0: stdin belongs "
          "into the read set");
    step("pressed Enter on the server's terminal");
    ASSERT_EQ(::write(keyboard.get(), "\n", 1), 1);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
}

// Step 3: accept.
TEST(SelectChat, SaysWhereItListens)
{
    contract::says_where_it_listens();
}
TEST(SelectChat, TellsWhyItCannotListen)
{
    contract::tells_why_it_cannot_listen();
}
TEST(SelectChat, RestartsOnTheSamePort)
{
    contract::restarts_on_the_same_port();
}
TEST(SelectChat, ServesOnAfterAResetInTheQueue)
{
    contract::serves_on_after_a_reset_in_the_queue();
}
TEST(SelectChat, WaitsForRoomWhenOutOfDescriptors)
{
    contract::waits_for_room_when_out_of_descriptors();
}
TEST(SelectChat, ReturnsEveryDescriptor)
{
    contract::returns_every_descriptor();
}

TEST(SelectChat, ServesItsMembersWhenOutOfDescriptors)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    server.wait_until_idle();
    server.cap_descriptors();
    TestClient carol = server.connect("carol");
    blame(
        "when accept fails with EMFILE the members are still there: leave the listener out of the "
        "set for a moment, and serve them");
    expect_talk(members[0], members[1]);
    server.lift_descriptors();
    carol.send(login("carol"));
    carol.expect(welcome("carol"));
}

TEST(SelectChat, LivesWithMoreThanASetHolds)
{
    constexpr std::size_t strangers = FD_SETSIZE + 176; // more words of the set than one
    ServerProcess server;
    make_room_for(server, strangers + 100);
    auto members = join_all(server, {"alice", "bob"});
    auto crowd = server.connect_many(strangers);
    blame(
        "a set of select's has room for descriptors below FD_SETSIZE, 1,024. FD_SET with a larger "
        "one writes into whatever stands behind the set: refuse it");
    server.wait_until_idle();
    expect_talk(members[0], members[1]);
    server.expect_no_spin("while more are connected than a set holds");
    for (TestClient& one : crowd) {
        one.close();
    }
    server.wait_until_idle();
    TestClient carol = join(server, "carol");
    members[0].expect(connected("carol", 3));
    members[1].expect(connected("carol", 3));
    expect_talk(members[1], members[0]);
}

TEST(SelectChat, ServesAThousandMembers)
{
    constexpr std::size_t count = 1'000;
    ServerProcess server;
    make_room_for(server, count + 100);
    blame("each of a thousand members must hear what is said");
    server.freeze(); // they come all at once
    auto members = server.connect_many(count);
    for (std::size_t i = 0; i < count; ++i) {
        members[i].send(login("member-" + std::to_string(i)));
    }
    server.thaw();
    for (std::size_t i = 0; i < count; ++i) {
        members[i].expect(welcome("member-" + std::to_string(i)));
    }
    server.wait_until_idle();
    TestClient last = std::move(members.back());
    members.pop_back();
    last.send(frame("good evening"));
    step("read on until each of the others had heard it");
    for (TestClient& member : members) {
        Frames heard(member);
        const std::string text = said("member-" + std::to_string(count - 1), "good evening");
        while (frame(heard.next("\"good evening\" for " + member.name())) != text) {
        }
    }
}

// Step 4: receive.
TEST(SelectChat, WelcomesAMember)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send(login("alice"));
    blame("who connects is not accepted: the listener belongs into the read set, and select looks "
          "at descriptors below its first argument only, the highest one plus one");
    eventually(
        server, "alice accepted", [&] { return server.depth() == 0; },
        [] { return "alice in the backlog still"; });
    blame("who is accepted is not heard: back to select after the last accept, which must not "
          "wait for one more; then whoever is readable is received from");
    eventually(
        server, "her login received",
        [&] {
            const auto connection = server.connection_of(alice);
            return !connection || connection->receive_queue == 0;
        },
        [] { return "a login that waits to be received"; });
    blame("the answer to NAME: alice is a frame of its own, its length in four bytes with the "
          "highest first (htonl), and what is queued goes out in the same turn");
    alice.expect(welcome("alice"));
}

TEST(SelectChat, JoinsAFrameThatComesInPieces)
{
    blame("one recv is not one frame: a stream may be cut anywhere, in the length too. Feed what "
          "has come to the connection's reader, and wait for the rest");
    ServerProcess server;
    TestClient bob = join(server, "bob");
    TestClient alice = server.connect("alice");
    alice.drip(login("alice"));
    alice.expect(welcome("alice"));
    bob.expect(connected("alice", 2));
    alice.drip(frame("byte by byte"));
    bob.expect(said("alice", "byte by byte"));
}

TEST(SelectChat, HearsFramesThatComeTogether)
{
    blame("one recv may bring several frames, and the beginning of another one: take all that are "
          "whole before the next recv, which may never return");
    ServerProcess server;
    TestClient bob = join(server, "bob");
    server.freeze();
    TestClient alice = server.connect("alice");
    const std::string third = frame("three");
    alice.send(login("alice") + frame("one") + frame("two") + third.substr(0, 6));
    server.thaw();
    alice.expect(welcome("alice"));
    bob.expect(connected("alice", 2) + said("alice", "one") + said("alice", "two"));
    alice.send(third.substr(6));
    bob.expect(said("alice", "three"));
}

TEST(SelectChat, WaitsForNobodysSecondHalf)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    std::vector<TestClient> slow = server.connect_many(3);
    slow[1].send(login("slow").substr(0, 2));
    slow[2].send(login("slow").substr(0, 7));
    server.wait_until_idle();
    blame("somebody who says nothing, or half of a frame, keeps the others waiting: never receive "
          "again before select says that there is more");
    expect_talk(members[0], members[1]);
    members[0].send(frame("half").substr(0, 6));
    server.wait_until_idle();
    TestClient carol = join(server, "carol");
    members[1].expect(connected("carol", 3));
    members[0].send(frame("half").substr(6));
    members[1].expect(said("alice", "half"));
}

TEST(SelectChat, RelaysAnyText)
{
    blame("a text is so many bytes of UTF-8, not a C string and not a line: none, a NUL, or words "
          "that look like the server's own");
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    for (const std::string& text :
         {""s, "a\0b\0"s, "\n"s, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80 \xe2\x82\xac"s,
          "\xef\xbf\xbf \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf"s, "NAME: carol"s, "ERROR: "s}) {
        members[0].send(frame(text));
        members[1].expect(said("alice", text));
    }
}

TEST(SelectChat, RelaysTheLongestText)
{
    blame("65,536 bytes of text are allowed: with the four of the length, and the words before it "
          "when it is relayed, such a frame is longer than that");
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    for (const std::size_t size : {65'536U, 65'535U, 65'532U, 4'096U}) {
        members[0].send(frame(letters(size)));
        members[1].expect(said("alice", letters(size)));
    }
}

TEST(SelectChat, RefusesAFrameTooLong)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    blame("the length alone tells that a frame is too long, above 65,536 bytes: refuse it then, "
          "with an ERROR frame, and close. It is four bytes without a sign");
    for (const std::string& length :
         {"\0\1\0\1"s, "\xff\xff\xff\xff"s, "\x80\0\0\0"s, "\1\0\0\0"s}) {
        TestClient stranger = server.connect("a stranger");
        stranger.send(length);
        expect_refusal(stranger);
        TestClient bob = join(server, "bob");
        alice.expect(connected("bob", 2));
        bob.send(frame("look") + length);
        expect_refusal(bob);
        alice.expect(said("bob", "look") + hung_up("bob"));
    }
}

TEST(SelectChat, RefusesWhatIsNotUtf8)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    blame("a text that is not UTF-8 is refused with an ERROR frame: also one that is cut in a "
          "character, an overlong form, a surrogate, and what is above U+10FFFF");
    for (const std::string& bytes : {"\xff"s, "ab\x80"s, "\xe2\x82"s, "\xc0\xaf"s, "\xe0\x80\xaf"s,
                                     "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xf0\x8f\xbf\xbf"s}) {
        TestClient bob = join(server, "bob");
        alice.expect(connected("bob", 2));
        bob.send(frame(bytes));
        expect_refusal(bob);
        alice.expect(hung_up("bob"));
    }
}

TEST(SelectChat, ServesAHalfClosedClient)
{
    blame("recv returns 0 when a client has said all: what it said before is heard, and what waits "
          "for it is sent, before it is closed");
    ServerProcess server;
    TestClient bob = join(server, "bob");
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.send(login("alice") + frame("bye"));
    alice.half_close();
    server.thaw();
    bob.expect(connected("alice", 2) + said("alice", "bye") + hung_up("alice"));
    alice.expect(welcome("alice"));
    alice.expect_end();
}

TEST(SelectChat, ServesOnAfterAReset)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob", "carol"});
    members[1].send(frame("half").substr(0, 6));
    server.wait_until_idle();
    members[1].reset();
    blame("recv fails with ECONNRESET when a client resets the connection: this one has left, and "
          "the others are told");
    members[0].expect(hung_up("bob"));
    members[2].expect(hung_up("bob"));
    expect_talk(members[0], members[2]);
}

TEST(SelectChat, ForgetsWhatTheLastOneHadBegun)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    members[1].send(frame("half of a frame").substr(0, 9));
    members[1].close();
    members[0].expect(hung_up("bob"));
    server.wait_until_idle();
    blame("the next client gets the descriptor of the one before, but nothing else of it: what was "
          "received, what is unsent, its name. Forget them when the connection is closed");
    TestClient carol = join(server, "carol");
    members[0].expect(connected("carol", 2));
    carol.send(frame("mine"));
    members[0].expect(said("carol", "mine"));
}

// Step 5: the queue.
TEST(SelectChat, KeepsAMebibyteForOneWhoIsSlow)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    TestClient bob = join(server, "bob");
    TestClient carol = join(server, "carol", 4096);
    alice.expect(connected("bob", 2) + connected("carol", 3));
    bob.expect(connected("carol", 3));
    Frames bobs(bob);
    blame("a member who does not read for a while must neither keep the others waiting nor lose "
          "anything: what the kernel does not take stays in its queue, up to 1 MiB");
    int times = fill_the_kernel(server, alice, bobs, carol);
    constexpr int more = 13; // with what waits already less than 1 MiB
    for (int i = 0; i < more; ++i) {
        const auto beside = say_much(alice, bobs);
        expect(beside.empty(), "carol kept as long as less than 1 MiB waits for her",
               beside.empty() ? "" : '"' + printable(beside[0]) + '"');
    }
    times += more;
    step("carol begins to read");
    Frames carols(carol);
    for (int i = 1; i <= times; ++i) {
        const std::string awaited = "text " + std::to_string(i) + " of " + std::to_string(times);
        const std::string text = carols.next(awaited + " for carol");
        expect(frame(text) == said("alice", letters(piece)), awaited + " as it was said",
               "another frame, of " + std::to_string(text.size()) + " bytes");
    }
    server.wait_until_idle();
    carol.expect_nothing_yet("she has heard all of it");
    expect_talk(alice, carol);
}

TEST(SelectChat, DropsOneWhoNeverReads)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    TestClient bob = join(server, "bob");
    TestClient carol = join(server, "carol", 4096);
    alice.expect(connected("bob", 2) + connected("carol", 3));
    bob.expect(connected("carol", 3));
    Frames bobs(bob);
    blame("a member who never reads keeps the others waiting: its socket must not block");
    fill_the_kernel(server, alice, bobs, carol);
    blame("what waits for a member who never reads must not grow for ever: beyond 1 MiB, drop this "
          "member, and tell the others");
    constexpr std::size_t enough = 2'300'000 / piece; // a generous MiB
    std::vector<std::string> beside;
    for (std::size_t i = 0; i < enough && beside.empty(); ++i) {
        beside = say_much(alice, bobs);
    }
    if (beside.empty()) { // that may follow what alice said last
        alice.send(frame("the last"));
        for (std::string text; frame(text) != said("alice", "the last");) {
            text = bobs.next("the news that carol is gone");
            beside.push_back(text);
        }
    }
    expect(frame(beside[0]) == hung_up("carol"), "the news that carol is gone, for bob",
           '"' + printable(beside[0].substr(0, 60)) + '"');
    carol.expect_closed();
    server.wait_until_idle();
    blame("the next client gets the descriptor of the one who was dropped, but not what waited for "
          "it");
    TestClient dave = join(server, "dave");
}

// Step 6: who is told.
TEST(SelectChat, TellsEveryoneElse)
{
    blame("what one member says goes to every other member, and not to the one who said it");
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob", "carol", "dave", "erin"});
    for (TestClient& speaker : members) {
        speaker.send(frame("I am " + speaker.name()));
        for (TestClient& other : members) {
            if (&other != &speaker) {
                other.expect(said(speaker.name(), "I am " + speaker.name()));
            }
        }
    }
    server.wait_until_idle();
    for (TestClient& member : members) {
        member.expect_nothing_yet("each has heard the others, once");
    }
}

TEST(SelectChat, TellsNothingToStrangers)
{
    blame("only members take part: one who has not said a name hears nothing");
    ServerProcess server;
    TestClient stranger = server.connect("a stranger");
    auto members = join_all(server, {"alice", "bob"});
    expect_talk(members[0], members[1]);
    members[0].close();
    members[1].expect(hung_up("alice"));
    server.wait_until_idle();
    stranger.expect_nothing_yet("it is no member");
    stranger.send(login("carol"));
    stranger.expect(welcome("carol"));
}

TEST(SelectChat, CountsMembersOnly)
{
    blame(
        "the number in \"New client (N)\" is that of the members, the new one counted: neither of "
        "connections nor of all who ever came");
    ServerProcess server;
    TestClient stranger = server.connect("a stranger");
    auto members = join_all(server, {"alice", "bob"});
    members[1].close();
    members[0].expect(hung_up("bob"));
    TestClient carol = join(server, "carol");
    members[0].expect(connected("carol", 2));
}

TEST(SelectChat, WantsANameFirst)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    blame("a first frame that is no login is refused with an ERROR frame, and not relayed");
    for (const char* const text : {"hello", "", "CLIENT: bob@127.0.0.1", "bob"}) {
        TestClient stranger = server.connect("a stranger");
        stranger.send(frame(text));
        expect_refusal(stranger);
    }
    server.wait_until_idle();
    alice.expect_nothing_yet("nobody has logged in");
}

TEST(SelectChat, RefusesABadName)
{
    ServerProcess server;
    TestClient alice = join(server, "alice");
    blame("a name is 1 to 32 of the letters A to z, digits, '_' and '-', and nothing else");
    for (const std::string& name : {""s, std::string(33, 'a'), "a b"s,
                                    "b\xc3\xb6"
                                    "b"s,
                                    "bob\n"s, "bob\0"s, "b@b"s, "b.b"s}) {
        TestClient stranger = server.connect("a stranger");
        stranger.send(login(name));
        expect_refusal(stranger);
    }
    server.wait_until_idle();
    alice.expect_nothing_yet("nobody has logged in");
    std::size_t members = 1;
    std::vector<TestClient> good;
    for (const std::string& name : {"a"s, std::string(32, 'z'), "Az_09-"s}) {
        good.push_back(join(server, name));
        alice.expect(connected(name, ++members));
    }
}

TEST(SelectChat, RefusesANameThatIsTaken)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    blame("two members cannot have one name: refuse the second one, and leave the first in peace");
    TestClient other = server.connect("another alice");
    other.send(login("alice"));
    expect_refusal(other);
    other.close();
    server.wait_until_idle();
    members[1].expect_nothing_yet("nobody has come or gone");
    expect_talk(members[0], members[1]);
}

// Step 7: send.
TEST(SelectChat, ServesOnWhenAMessageMeetsAReset)
{
    blame("to send to a connection that was reset raises SIGPIPE, which kills: send with "
          "MSG_NOSIGNAL, and take EPIPE for the end of this client alone");
    ServerProcess server;
    // One of alice and carol is heard before bob's end is seen, whatever the order.
    auto members = join_all(server, {"alice", "bob", "carol"});
    server.wait_until_idle();
    server.freeze();
    members[0].send(frame("are you there?"));
    members[2].send(frame("are you?"));
    members[1].half_close();
    members[1].reset();
    server.thaw();
    Frames alices(members[0]);
    for (int i = 0; i < 2; ++i) {
        const std::string heard = frame(alices.next("carol's question and bob's end, for alice"));
        expect(heard == said("carol", "are you?") || heard == hung_up("bob"),
               "carol's question and bob's end, for alice", '"' + printable(heard) + '"');
    }
    Frames carols(members[2]);
    carols.next("alice's question, for carol");
    carols.next("bob's end, for carol");
    expect_talk(members[0], members[2]);
}

TEST(SelectChat, DeliversItsLastWordDespiteUnreadInput)
{
    ServerProcess server;
    server.freeze();
    TestClient alice = server.connect("alice");
    alice.send("\0\1\0\1"s + letters(40'000));
    server.thaw();
    blame("close with input unread sends a reset instead of FIN, and the client loses the ERROR: "
          "shutdown(SHUT_WR), read on to the client's end, then close");
    expect_refusal(alice);
}

TEST(SelectChat, LetsGoOfOneWhoWasRefused)
{
    ServerProcess server;
    TestClient bob = join(server, "bob");
    server.wait_until_idle();
    const auto before = server.census().descriptors;
    TestClient alice = server.connect("alice");
    alice.send(frame("let me in"));
    expect_refusal(alice);
    blame("one who was refused may stay connected for ever: after a moment, close all the same");
    eventually(
        server, "alice's connection closed, though she stays",
        [&] { return server.census().descriptors <= before; },
        [&] { return std::to_string(server.census().descriptors) + " open descriptors"; });
}

// Step 8: who has left.
TEST(SelectChat, TellsWhoHasLeft)
{
    blame("when a member closes, each of the others gets one frame that says so, and the name is "
          "free again");
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob", "carol"});
    members[0].close();
    members[1].expect(hung_up("alice"));
    members[2].expect(hung_up("alice"));
    TestClient alice = join(server, "alice");
    members[1].expect(connected("alice", 3));
    alice.reset();
    members[1].expect(hung_up("alice"));
    TestClient again = join(server, "alice");
    members[1].expect(connected("alice", 3));
    server.wait_until_idle();
    members[1].expect_nothing_yet("she came three times and left twice");
}

TEST(SelectChat, TellsOfManyWhoLeaveAtOnce)
{
    constexpr std::size_t count = 12;
    ServerProcess server;
    TestClient alice = join(server, "alice");
    std::vector<TestClient> leaving;
    for (std::size_t i = 0; i < count; ++i) {
        leaving.push_back(join(server, "guest-" + std::to_string(i)));
        alice.expect(connected("guest-" + std::to_string(i), i + 2));
    }
    server.wait_until_idle();
    server.freeze();
    for (TestClient& guest : leaving) {
        guest.close();
    }
    server.thaw();
    blame("several may leave in one turn: to erase a connection while going through them skips the "
          "next one or worse. Mark them, and remove them after the turn");
    std::vector<std::string> news;
    Frames alices(alice);
    for (std::size_t i = 0; i < count; ++i) {
        news.push_back(frame(alices.next("the news of all who have left, for alice")));
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::string text = hung_up("guest-" + std::to_string(i));
        expect(std::ranges::count(news, text) == 1, '"' + printable(text) + "\" once, for alice",
               std::to_string(std::ranges::count(news, text)) + " times");
    }
    server.wait_until_idle();
    alice.expect_nothing_yet("all have left, once");
    TestClient bob = join(server, "bob");
    alice.expect(connected("bob", 2));
}

TEST(SelectChat, SaysNothingOfAStranger)
{
    ServerProcess server;
    auto members = join_all(server, {"alice"});
    TestClient first = server.connect("a stranger");
    TestClient second = server.connect("another stranger");
    second.send(login("bob").substr(0, 8));
    server.wait_until_idle();
    first.close();
    second.reset();
    blame("one who never logged in is announced neither when it comes nor when it goes");
    server.wait_until_idle();
    members[0].expect_nothing_yet("nobody has logged in");
    TestClient carol = join(server, "carol");
    members[0].expect(connected("carol", 2));
}

TEST(SelectChat, TakesEachNewcomerForAStranger)
{
    ServerProcess server;
    auto members = join_all(server, {"alice", "bob"});
    members[1].close();
    members[0].expect(hung_up("bob"));
    server.wait_until_idle();
    blame("the next client gets the descriptor of the one before, but neither its name nor its "
          "login: forget them when the connection is closed");
    TestClient stranger = server.connect("a stranger");
    stranger.send(frame("it is me, bob"));
    expect_refusal(stranger);
    server.wait_until_idle();
    members[0].expect_nothing_yet("nobody has logged in");
}
