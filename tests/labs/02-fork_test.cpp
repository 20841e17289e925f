// Lab 02: a process for each client, seen from outside.

#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/ports.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace harness;

namespace {

using contract::converse;
using contract::expect_all_served_in_reverse;
using contract::expect_served;

const bool prepared = watch_errno_in_every_test();

// Waited for: a server that looks after its children now and then, by the clock, is right as well.
void expect_no_zombies(ServerProcess& server, const std::string& when)
{
    step("counted the zombies " + when);
    eventually(
        server, "no zombie " + when, [&] { return server.census().zombies == 0; },
        [&] { return std::to_string(server.census().zombies); });
    expect_served(server, "somebody else"); // a server that died has no zombies either
}

// Does this process have the server's end of the client's connection open?
bool has_open(ServerProcess& server, pid_t pid, const TestClient& client)
{
    const auto connection = server.connection_of(client);
    const auto sockets = sockets_of(pid);
    return connection && std::ranges::find(sockets, connection->inode) != sockets.end();
}

// Stops the process that serves this client: it will not end when it is asked to.
void hang_the_child_of(ServerProcess& server, const TestClient& client)
{
    for (const pid_t pid : descendants(::getpid())) { // a double fork hands it to us
        if (pid != server.pid() && has_open(server, pid, client)) {
            step("stopped the child of " + client.name() + " with SIGSTOP: it hangs");
            ::kill(pid, SIGSTOP);
            return;
        }
    }
    fail("a child that serves " + client.name(), "none");
}

// Waits for the processes that serve nobody any more to end; zombies do not count.
void expect_processes(ServerProcess& server, std::size_t count, const std::string& when)
{
    step("counted the server's processes " + when);
    eventually(
        server, std::to_string(count) + " processes " + when,
        [&] { return server.census().processes == count; },
        [&] { return std::to_string(server.census().processes); });
}

} // namespace

// Free: what is given, and what lab 01 has taught.
TEST(Fork, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}
TEST(Fork, TellsWhyItCannotListen)
{
    contract::tells_why_it_cannot_listen();
}

// Step 2: never more children than allowed.
TEST(Fork, LetsTheNextClientWaitForAChild)
{
    ServerProcess server({"--max-children", "2"});
    auto clients = server.connect_many(2);
    expect_all_served_in_reverse(clients);
    TestClient carol = server.connect("carol");
    carol.send("Explicit is better than?");
    blame("with --max-children N the client after the N-th waits in the backlog: it is neither "
          "served at once nor refused");
    server.wait_until_idle();
    carol.expect_nothing_yet("two children are busy already");
    clients[0].close();
    blame("a child that has ended makes room for the next client: count it out when it is reaped");
    carol.expect("Implicit.");
}

TEST(Fork, CountsTheDeadOut)
{
    blame(
        "the number of children goes up with each fork and must come down with each child reaped");
    ServerProcess server({"--max-children", "2"});
    for (int i = 1; i <= 5; ++i) {
        expect_served(server, "client " + std::to_string(i));
    }
}

// Step 3: accept.
TEST(Fork, ServesOnAfterAChildHasEnded)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    converse(alice);
    server.wait_until_idle(); // the parent sleeps in accept
    alice.close();
    blame("the death of a child interrupts accept, which then fails with EINTR: that is no error, "
          "accept again");
    expect_served(server, "bob");
    server.wait_until_idle();
    expect_served(server, "carol");
}

TEST(Fork, ServesOnAfterAResetInTheQueue)
{
    contract::serves_on_after_a_reset_in_the_queue();
}
TEST(Fork, WaitsForRoomWhenOutOfDescriptors)
{
    contract::waits_for_room_when_out_of_descriptors();
}
TEST(Fork, RestartsOnTheSamePort)
{
    contract::restarts_on_the_same_port();
}
TEST(Fork, SaysWhereItListens)
{
    contract::says_where_it_listens();
}

// Step 4: fork.
TEST(Fork, AnswersTheThreeQuestions)
{
    contract::answers_the_three_questions();
}
TEST(Fork, RefusesAQuestionTooLong)
{
    contract::refuses_a_question_too_long();
}
TEST(Fork, EchoesAnyLength)
{
    contract::echoes_any_length();
}
TEST(Fork, SaysHelloToAWebClient)
{
    contract::says_hello_to_a_web_client();
}
TEST(Fork, AnswersAHalfClosedClient)
{
    contract::answers_a_half_closed_client();
}
TEST(Fork, ClosesASilentClient)
{
    contract::closes_a_silent_client();
}

TEST(Fork, ServesManyClientsAtOnce)
{
    blame(
        "one client keeps the others waiting: the parent must go back to accept at once and leave "
        "the conversation, and the waiting for its end, to others");
    ServerProcess server;
    auto clients = server.connect_many(10);
    expect_all_served_in_reverse(clients);
}

TEST(Fork, HasAProcessForEachClient)
{
    ServerProcess server;
    auto clients = server.connect_many(3);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    blame("each client is served by a child of its own");
    const auto processes = server.census().processes;
    expect(processes == 4, "4 processes: the parent and one for each of 3 clients",
           std::to_string(processes));
}

TEST(Fork, EndsAChildWithItsClient)
{
    ServerProcess server;
    expect_served(server, "alice");
    blame("when its client has gone, a child must end (_exit): else it falls through into the "
          "parent's loop and accepts clients of its own");
    expect_processes(server, 1, "after the only client has gone");
    expect_served(server, "bob");
}

TEST(Fork, ParentClosesTheConnection)
{
    ServerProcess server;
    auto clients = server.connect_many(5);
    expect_all_served_in_reverse(clients);
    blame(
        "after fork both processes have the connection open: the parent must close its own, or it "
        "runs out of descriptors and no client ever sees the end");
    step("looked which of the 5 connections the parent has open");
    const auto open_in_parent = [&] {
        return std::ranges::count_if(clients, [&](const TestClient& client) {
            return has_open(server, server.pid(), client);
        });
    };
    eventually(
        server, "none of the 5 connections open in the parent",
        [&] { return open_in_parent() == 0; }, [&] { return std::to_string(open_in_parent()); });
    expect_all_served_in_reverse(clients);
    expect_served(server, "somebody else");
}

TEST(Fork, ChildClosesTheListener)
{
    const std::string port = std::to_string(reserve_port());
    ServerProcess server({"--port", port});
    TestClient alice = server.connect("alice");
    converse(alice);
    server.kill();
    blame("the children keep the listening socket open: as long as one of them lives nobody can "
          "bind the port again. A child closes the listener first of all");
    ServerProcess again({"--port", port});
    expect_served(again, "bob");
}

TEST(Fork, DropsAClientWhenForkFails)
{
    ServerProcess server;
    expect_served(server, "alice");
    expect_processes(server, 1, "after the only client has gone");
    server.wait_until_idle();
    server.cap_processes();
    blame(
        "fork returns -1 when there is no room for a process: then close this client's connection, "
        "and go on. -1 is neither a child's pid nor one to signal");
    TestClient bob = server.connect("bob");
    bob.expect_closed();
    server.wait_until_idle();
    server.lift_processes();
    expect_served(server, "carol");
}

TEST(Fork, WritesNothingTwice)
{
    ServerProcess server;
    expect_served(server, "alice");
    expect_served(server, "bob");
    expect_processes(server, 1, "after both clients have gone");
    server.signal(SIGTERM);
    server.wait_for_exit(Seconds(2));
    blame("what stands in a stdio buffer is copied by fork and written by every process that ends "
          "with exit: flush before fork, and end children with _exit");
    const std::string line = "listening on 127.0.0.1:" + server.port() + "\n";
    expect(server.output() == line, "one line on stdout, \"" + printable(line) + '"',
           '"' + printable(server.output()) + '"');
}

// Step 5: reap.
TEST(Fork, ReapsAChild)
{
    ServerProcess server;
    expect_served(server, "alice");
    expect_processes(server, 1, "after the only client has gone");
    blame("a child that has ended stays in the process table, a zombie, until its parent waits for "
          "it: do so when SIGCHLD says that there is one");
    expect_no_zombies(server, "after alice has gone");
}

TEST(Fork, ReapsManyAtOnce)
{
    constexpr std::size_t count = 8;
    ServerProcess server;
    auto clients = server.connect_many(count);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    server.freeze();
    for (TestClient& client : clients) {
        client.close();
    }
    // The frozen parent stays, and its children end one after the other without it.
    expect_processes(server, 1, "when all clients have gone");
    server.thaw();
    blame("signals do not queue: one SIGCHLD may stand for several deaths. Call waitpid with "
          "WNOHANG in a loop, until it finds no more");
    expect_no_zombies(server, "after " + std::to_string(count) + " clients have gone at once");
}

TEST(Fork, ServesOnWhileAnotherChildLives)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    TestClient bob = server.connect("bob");
    converse(bob);
    converse(alice);
    server.wait_until_idle();
    bob.close();
    expect_processes(server, 2, "when bob has gone");
    blame("the handler waits for a child that is still alive: without WNOHANG waitpid blocks, and "
          "with it the whole server");
    expect_served(server, "carol");
    converse(alice);
}

TEST(Fork, KeepsErrnoInTheHandler)
{
    ServerProcess server({}, with_errno_watched);
    expect_served(server, "alice");
    expect_processes(server, 1, "after the only client has gone");
    expect_no_zombies(server, "after alice has gone");
    blame(
        "the handler may run between a failed system call and the look at errno, and waitpid sets "
        "errno itself: keep the old value and put it back at the end");
    step("looked at errno before and after each run of the handler");
    server.expect_handler_watched();
    expect(server.log().find("errno-watch: ") == std::string::npos,
           "errno after the handler of SIGCHLD as it was before", "another value");
}

// Step 6: the end.
TEST(Fork, StopsWhenAsked)
{
    contract::stops_when_asked();
}

TEST(Fork, LeavesNoChildBehind)
{
    ServerProcess server;
    auto clients = server.connect_many(3);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    blame("SIGTERM reaches only the parent: it must end its children too, wait until they have "
          "gone, and kill those that have not after a second");
    hang_the_child_of(server, clients[1]);
    server.signal(SIGTERM);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
    step("counted the processes that the server left behind");
    const auto left = server.census().processes;
    expect(left == 0, "no process left", std::to_string(left));
    clients[0].expect_closed();
}
