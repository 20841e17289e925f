// What every server of the labs must do, of that: stand peers that misbehave, and want of room.
#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <csignal>
#include <string>

namespace harness::contract {

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
    converse(carol);
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
    bob.send("Simple is better than?");
    server.thaw();
    bob.expect("Complex.");
}

} // namespace harness::contract
