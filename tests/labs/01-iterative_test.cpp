// Lab 01: an iterative server, seen from outside.

#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <gtest/gtest.h>

using namespace harness;

namespace {

// This lab gives up on a silent client after 10 s; on a machine that stalls, so long may pass
// between two steps of a test that is about something else.
[[maybe_unused]] const bool patient = set_usual_flag("--idle-timeout", "300");

} // namespace

// Step 1: listen.
TEST(Iterative, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}
TEST(Iterative, SaysWhereItListens)
{
    contract::says_where_it_listens();
}
TEST(Iterative, ListensOnTheAddressGiven)
{
    contract::listens_on_the_address_given();
}
TEST(Iterative, TellsWhyItCannotListen)
{
    contract::tells_why_it_cannot_listen();
}
TEST(Iterative, RestartsOnTheSamePort)
{
    contract::restarts_on_the_same_port();
}
TEST(Iterative, HandsItsBacklogToTheKernel)
{
    contract::hands_its_backlog_to_the_kernel();
}

// Step 2: accept, one after the other, for ever.
TEST(Iterative, ServesTheNextClientWhenTheFirstHasGone)
{
    ServerProcess server;
    for (const char* name : {"alice", "bob", "carol"}) {
        TestClient client = server.connect(name);
        client.send("Explicit is better than?");
        blame("the server serves one client and then no more: accept stands in a loop that never "
              "ends");
        client.expect("Implicit.");
        client.close();
    }
}

TEST(Iterative, LetsTheSecondClientWait)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("Simple is better than?");
    alice.expect("Complex.");
    TestClient bob = server.connect("bob");
    bob.send("Explicit is better than?");
    blame("an iterative server serves one client at a time: bob's turn comes when alice has gone");
    server.wait_until_idle();
    bob.expect_nothing_yet("alice is still being served");
    alice.close();
    bob.expect("Implicit.");
}

TEST(Iterative, ServesInOneProcessAndOneThread)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("Simple is better than?");
    alice.expect("Complex.");
    server.wait_until_idle();
    blame("this lab's server serves in the process that accepts: the other architectures have labs "
          "of their own");
    const Census census = server.census();
    expect(census.processes == 1 && census.tasks == 1, "one process with one thread",
           std::to_string(census.processes) + " processes with " + std::to_string(census.tasks) +
               " threads");
}

TEST(Iterative, ServesOnAfterAResetInTheQueue)
{
    contract::serves_on_after_a_reset_in_the_queue();
}
TEST(Iterative, ReturnsEveryDescriptor)
{
    contract::returns_every_descriptor();
}
TEST(Iterative, WaitsForRoomWhenOutOfDescriptors)
{
    contract::waits_for_room_when_out_of_descriptors();
}
TEST(Iterative, StopsWhenAsked)
{
    contract::stops_when_asked();
}

// Step 3: a limit to waiting.
TEST(Iterative, ClosesASilentClient)
{
    contract::closes_a_silent_client();
}

TEST(Iterative, ClosesAClientThatNeverReads)
{
    blame("a client that never reads makes send wait: that wait needs a limit too (SO_SNDTIMEO)");
    ServerProcess server({"--service", "echo", "--idle-timeout", "0.3"});
    TestClient alice(server, "alice", 4096);
    alice.send_until_stuck();
    server.freeze(); // however slow this machine is, bob's bytes are there when his wait begins
    TestClient bob = server.connect("bob");
    bob.send("hello");
    server.thaw();
    bob.expect("hello");
}

// Step 4: receive.
TEST(Iterative, JoinsAQuestionThatComesInPieces)
{
    contract::joins_a_question_that_comes_in_pieces();
}
TEST(Iterative, AnswersQuestionsThatComeTogether)
{
    contract::answers_questions_that_come_together();
}
TEST(Iterative, EchoesBytesThatAreNotText)
{
    contract::echoes_bytes_that_are_not_text();
}
TEST(Iterative, EchoesAnyLength)
{
    contract::echoes_any_length();
}
TEST(Iterative, ServesOnAfterAReset)
{
    contract::serves_on_after_a_reset();
}

TEST(Iterative, GoesOnWhenAWaitIsInterrupted)
{
    blame(
        "recv with a time-out returns EINTR when the process is stopped and continued (signal(7)): "
        "receive again");
    ServerProcess server;
    TestClient alice = server.connect("alice");
    alice.send("Simple is");
    server.wait_until_idle();
    server.interrupt();
    server.wait_until_idle();
    alice.send(" better than?");
    alice.expect("Complex.");
}

// Step 5: send.
TEST(Iterative, AnswersTheThreeQuestions)
{
    contract::answers_the_three_questions();
}
TEST(Iterative, AnswersAnUnknownQuestion)
{
    contract::answers_an_unknown_question();
}
TEST(Iterative, IgnoresWhiteSpaceBeforeAQuestion)
{
    contract::ignores_white_space_before_a_question();
}
TEST(Iterative, ThinksBeforeItReplies)
{
    contract::thinks_before_it_replies();
}
TEST(Iterative, ServesOnWhenAReplyMeetsAReset)
{
    contract::serves_on_when_a_reply_meets_a_reset();
}
TEST(Iterative, SendsAllThoughStoppedAndContinued)
{
    contract::sends_all_though_stopped_and_continued();
}

// Step 6: say goodbye.
TEST(Iterative, AnswersAHalfClosedClient)
{
    contract::answers_a_half_closed_client();
}
TEST(Iterative, RefusesAQuestionTooLong)
{
    contract::refuses_a_question_too_long();
}
TEST(Iterative, SaysHelloToAWebClient)
{
    contract::says_hello_to_a_web_client();
}
TEST(Iterative, DeliversItsLastReplyDespiteUnreadInput)
{
    contract::delivers_its_last_reply_despite_unread_input();
}

TEST(Iterative, LetsGoOfAClientThatNeverCloses)
{
    ServerProcess server({"--service", "hello", "--idle-timeout", "300"});
    TestClient alice = server.connect("alice");
    alice.send("GET / HTTP/1.1\r\n\r\n");
    alice.receive_to_end(); // and stays
    TestClient bob = server.connect("bob");
    bob.send("GET / HTTP/1.1\r\n\r\n");
    blame("the server has said its last word and waits for the client's end, for ever: put a limit "
          "to that wait (linger_time)");
    bob.expect("HTTP/1.1 200 OK\r\n");
}

TEST(Iterative, LetsGoOfAClientThatNeverStopsSending)
{
    ServerProcess server({"--service", "hello"});
    TestClient alice = server.connect("alice");
    alice.send("GET / HTTP/1.1\r\n\r\n");
    alice.receive_to_end();
    blame(
        "the server has said its last word and reads on for as long as something comes: a time-out "
        "for each recv is not enough, the whole wait needs an end (linger_time)");
    alice.send_until_let_go();
}
