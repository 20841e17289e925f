// Lab 03: a thread for each client, or a bounded pool of threads, seen from outside.

#include "tests/harness/contract.h"
#include "tests/harness/patience.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"
#include "tests/harness/thread_sanitizer.h"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

using namespace harness;

namespace {

using contract::converse;
using contract::expect_all_served_in_reverse;
using contract::expect_served;
using Flags = ServerProcess::Flags;

[[maybe_unused]] const bool manners_set = [] {
    auto manners = contract::manners_of_services();
    manners.bad_flags.insert(manners.bad_flags.end(), {{"--model", "fork"},
                                                       {"--model", "pool", "--workers", "0"},
                                                       {"--model", "pool", "--queue", "few"}});
    return contract::set_manners(std::move(manners));
}();

Flags pool(int workers, int queue, const Flags& more = {})
{
    Flags flags{
        "--model", "pool", "--workers", std::to_string(workers), "--queue", std::to_string(queue)};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
}

void ask_and_say_no_more(TestClient& client)
{
    client.send("Simple is better than?");
    client.half_close();
}

void expect_the_answer_and_the_end(TestClient& client)
{
    client.expect("Complex.");
    client.expect_end();
}

void expect_success(ServerProcess& server)
{
    server.signal(SIGTERM);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    expect(status.success(), "exit status 0", "it " + to_string(status));
}

// What a server that has ended says of its whole life.
void expect_statistics(ServerProcess& server, int connections, int questions)
{
    step("read the statistics on stdout");
    const std::string lines = "connections " + std::to_string(connections) + "\nquestions " +
                              std::to_string(questions) + "\n";
    const std::string output = server.output();
    const auto end_of_first = std::min(output.find('\n'), output.size() - 1) + 1;
    expect(output.substr(end_of_first) == lines,
           "after the first line, \"" + printable(lines) + '"',
           '"' + printable(output.substr(end_of_first)) + '"');
}

// How many have been accepted, when this is the number of those connected.
std::size_t accepted_of(ServerProcess& server, std::size_t connected)
{
    step("asked the kernel how many clients wait in the backlog");
    return connected - std::min(connected, server.depth());
}

// Does the number stand somewhere, with no digit on either side?
bool names(const std::string& text, pid_t number)
{
    const std::string digits = std::to_string(number);
    const auto is_digit = [&](std::size_t at) {
        return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    for (auto at = text.find(digits); at != std::string::npos; at = text.find(digits, at + 1)) {
        if ((at == 0 || !is_digit(at - 1)) && !is_digit(at + digits.size())) {
            return true;
        }
    }
    return false;
}

// What a thread's stack takes of the address space, unless it was given another size.
std::size_t usual_stack()
{
    constexpr std::size_t without_limit = 2 << 20U;
    rlimit limit{};
    ::getrlimit(RLIMIT_STACK, &limit);
    return limit.rlim_cur == RLIM_INFINITY ? without_limit : limit.rlim_cur;
}

} // namespace

// Free: what is given, and what lab 01 has taught.
TEST(Threads, RejectsABadFlag)
{
    contract::rejects_a_bad_flag();
}

// Step 1: accept.
TEST(Threads, SaysWhereItListens)
{
    contract::says_where_it_listens();
}
TEST(Threads, TellsWhyItCannotListen)
{
    contract::tells_why_it_cannot_listen();
}
TEST(Threads, RestartsOnTheSamePort)
{
    contract::restarts_on_the_same_port();
}
TEST(Threads, ServesOnAfterAResetInTheQueue)
{
    contract::serves_on_after_a_reset_in_the_queue();
}
TEST(Threads, WaitsForRoomWhenOutOfDescriptors)
{
    contract::waits_for_room_when_out_of_descriptors();
}

// Step 2: join.
TEST(Threads, GivesBackWhatItsThreadsHeld)
{
    constexpr std::size_t enough = std::size_t{512} << 20U;
    const std::size_t clients =
        std::clamp(enough / usual_stack(), std::size_t{40}, std::size_t{200});
    ServerProcess server;
    expect_served(server, "client 1");
    server.wait_until_idle();
    const std::size_t before = server.census().memory;
    for (std::size_t i = 2; i <= clients; ++i) {
        TestClient client = server.connect("client " + std::to_string(i));
        ask_and_say_no_more(client);
        expect_the_answer_and_the_end(client);
        client.close();
    }
    blame("a thread that has ended keeps its stack until somebody joins it, or until it was "
          "detached: join the ended ones as new clients come");
    step("looked how much larger the server's address space has become");
    const auto most = before + clients * usual_stack() / 2;
    eventually(
        server, "less than half of the stacks of " + std::to_string(clients) + " threads kept",
        [&] { return server.census().memory < most; },
        [&] {
            return std::to_string((server.census().memory - before) >> 20U) + " MiB more than " +
                   "after the first client";
        });
}

// Step 3: a thread for the client.
TEST(Threads, ServesManyClientsAtOnce)
{
    blame("one client keeps the others waiting: the thread that accepts must go back to accept at "
          "once, and each client must have a thread, and a connection, of its own");
    ServerProcess server;
    auto clients = server.connect_many(10);
    expect_all_served_in_reverse(clients);
}

TEST(Threads, ServesBobWhileAliceSaysNothing)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    server.wait_until_idle(); // somebody waits for her first word
    blame("a client that says nothing stops the server: each client needs a thread of its own, and "
          "nobody may wait for that thread while it talks");
    expect_served(server, "bob");
    converse(alice);
}

TEST(Threads, ServesAllInOneProcess)
{
    ServerProcess server;
    auto clients = server.connect_many(3);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    blame("this lab asks for threads: one process, and in it a thread for each client");
    const Census census = server.census();
    expect(census.processes == 1, "1 process", std::to_string(census.processes));
    expect(census.tasks >= 4, "4 threads or more: main, and one for each of 3 clients",
           std::to_string(census.tasks));
}

TEST(Threads, ServesThoseWhoComeTogether)
{
    ServerProcess server;
    server.freeze();
    auto clients = server.connect_many(12);
    server.thaw();
    blame("a thread starts later than it is made: what it was given by reference, the connection "
          "in a variable of the loop, may be another one's by then. Hand it over by value");
    expect_all_served_in_reverse(clients);
}

TEST(Threads, DropsAClientWhenThereIsNoThread)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    converse(alice);
    server.wait_until_idle();
    server.cap_processes();
    blame("when the system has no room for a thread, std::thread and std::jthread throw "
          "std::system_error: log it and let go of this client only");
    TestClient bob = server.connect("bob");
    bob.expect_closed();
    converse(alice);
    server.lift_processes();
    expect_served(server, "carol");
}

TEST(Threads, LogsWhichThreadServes)
{
    ServerProcess server;
    auto clients = server.connect_many(2);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    blame("a line of the log must say which thread it is from: its name and its id (gettid)");
    step("looked for the id of one of the server's threads in its log");
    const auto tasks = tasks_of(server.pid());
    const std::string log = server.log();
    const bool named = std::ranges::any_of(tasks, [&](const Task& task) {
        return task.id != server.pid() && names(log, task.own_id);
    });
    expect(named, "the id of a thread that serves in a line of the log", "none");
}

// Step 4: the conversation.
TEST(Threads, AnswersTheThreeQuestions)
{
    contract::answers_the_three_questions();
}
TEST(Threads, RefusesAQuestionTooLong)
{
    contract::refuses_a_question_too_long();
}
TEST(Threads, EchoesAnyLength)
{
    contract::echoes_any_length();
}
TEST(Threads, SaysHelloToAWebClient)
{
    contract::says_hello_to_a_web_client();
}
TEST(Threads, AnswersAHalfClosedClient)
{
    contract::answers_a_half_closed_client();
}
TEST(Threads, ClosesASilentClient)
{
    contract::closes_a_silent_client();
}
TEST(Threads, ReturnsEveryDescriptor)
{
    contract::returns_every_descriptor();
}
TEST(Threads, OutlivesAReset)
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    TestClient bob = server.connect("bob");
    alice.send("Simple is");
    converse(bob);
    server.wait_until_idle();
    blame("an exception that leaves a thread's function ends the whole process (std::terminate): "
          "catch it where the thread serves, and let it end this one connection");
    alice.reset();
    server.wait_until_idle(); // else the others may be served before her thread has run
    expect_served(server, "carol");
    converse(bob);
}

// Step 5: what threads share.
TEST(Threads, CountsEveryClientAndQuestion)
{
    constexpr int rounds = 3;
    ServerProcess server;
    auto clients = server.connect_many(8);
    for (int round = 0; round < rounds; ++round) {
        expect_all_served_in_reverse(clients);
    }
    for (TestClient& client : clients) {
        client.half_close();
        client.expect_end();
    }
    blame("");
    expect_success(server);
    blame("at its end the server prints how many connections it served and how many questions it "
          "answered, all threads together: \"connections 8\" and \"questions 24\"");
    expect_statistics(server, 8, 8 * rounds);
}

TEST(Threads, HasNoRaces)
{
    const WithThreadSanitizer sanitizer;
    // Both are in the middle of it at the same time: neither has heard of what the other one did.
    ServerProcess server({"--think-time", "0.3"});
    server.freeze();
    auto clients = server.connect_many(4);
    for (int round = 0; round < 2; ++round) {
        server.freeze();
        std::ranges::for_each(clients, [](auto& c) { c.send("Simple is better than?"); });
        server.thaw();
        std::ranges::for_each(clients, [](auto& c) { c.expect("Complex."); });
    }
    std::ranges::for_each(clients, [](auto& c) { c.close(); });
    expect_served(server, "the last one");
    blame("two threads use the same variable, one of them writes, and nothing orders them: guard "
          "all uses by one mutex, make it atomic, or give each thread its own");
    expect_no_finding(server);
}

TEST(Threads, HasNoRacesInThePool)
{
    const WithThreadSanitizer sanitizer;
    ServerProcess server(pool(3, 2, {"--think-time", "0.3"}));
    server.freeze();
    auto clients =
        server.connect_many(6); // three have a worker, two wait in the queue, one in main
    std::ranges::for_each(clients, ask_and_say_no_more);
    server.thaw();
    std::ranges::for_each(clients, expect_the_answer_and_the_end);
    std::ranges::for_each(clients, [](auto& c) { c.close(); });
    expect_served(server, "the last one");
    blame("two threads use the same variable, one of them writes, and nothing orders them: the "
          "queue and whatever is decided by a look at it need its mutex, each time");
    expect_no_finding(server);
}

// Step 6: the end.
TEST(Threads, StopsWhenAsked)
{
    contract::stops_when_asked();
}

TEST(Threads, StopsWithManyClients)
{
    ServerProcess server;
    auto clients = server.connect_many(20);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    blame("a signal reaches one thread, and the others sleep on in recv: main must wake them all, "
          "and join them, within two seconds");
    expect_success(server);
    clients[0].expect_closed();
    blame("main prints the statistics when it has joined all threads, whatever ended them");
    expect_statistics(server, 20, 20);
}

TEST(Threads, StopsWhileAClientDoesNotRead)
{
    ServerProcess server({"--service", "echo"});
    TestClient alice(server, "alice", 4096);
    alice.send_until_stuck();
    blame("a thread that is blocked in send, to a client that reads nothing, must be woken too");
    expect_success(server);
}

TEST(Threads, StopsWhileItThinks)
{
    ServerProcess server({"--think-time", "600"});
    TestClient alice = server.connect("alice");
    alice.send("Simple is better than?");
    eventually(
        server, "a server that has received the question",
        [&] {
            const auto connection = server.connection_of(alice);
            return connection && connection->receive_queue == 0;
        },
        [] { return "one that has not"; });
    server.wait_until_asleep();
    blame("a thread that sleeps before it replies must be woken at the end, too");
    expect_success(server);
}

// Step 7: the workers.
TEST(Threads, LetsTheNextClientWaitForAWorker)
{
    ServerProcess server(pool(2, 10));
    auto clients = server.connect_many(2);
    expect_all_served_in_reverse(clients);
    TestClient carol = server.connect("carol");
    carol.send("Explicit is better than?");
    blame("with --model pool --workers N the client after the N-th waits until a worker is free: a "
          "thread for each client is what the pool is there to avoid");
    server.wait_until_idle();
    carol.expect_nothing_yet("two idle clients have both workers");
    clients[0].close();
    blame("a worker that is done with a client takes the next one out of the queue");
    carol.expect("Implicit.");
}

TEST(Threads, FreesAWorkerFromASilentClient)
{
    ServerProcess server(pool(1, 10, {"--idle-timeout", "0.2"}));
    server.freeze();
    TestClient alice = server.connect("alice");
    TestClient bob = server.connect("bob");
    bob.send("Simple is better than?");
    server.thaw();
    blame("with --idle-timeout a silent client loses its worker, and the next one gets it");
    bob.expect("Complex.");
    alice.expect_closed();
}

TEST(Threads, KeepsItsWorkers)
{
    ServerProcess server(pool(2, 10));
    for (const auto* name : {"alice", "bob", "carol"}) {
        TestClient client = server.connect(name);
        client.send("Simple is");
        server.wait_until_idle();
        client.reset();
        server.wait_until_idle();
    }
    blame("a worker outlives its clients, those too that end in an error: catch inside its loop, "
          "not outside");
    TestClient dave = server.connect("dave");
    TestClient erin = server.connect("erin");
    converse(erin);
    converse(dave);
}

TEST(Threads, StartsNoMoreThreads)
{
    ServerProcess server(pool(3, 10));
    auto clients = server.connect_many(3);
    expect_all_served_in_reverse(clients);
    server.wait_until_idle();
    const auto before = server.census().tasks;
    auto more = server.connect_many(6);
    server.wait_until_idle();
    blame("the pool has N workers from its start to its end: a client that waits has no thread");
    const auto now = server.census().tasks;
    expect(now <= before, std::to_string(before) + " threads, however many clients wait",
           std::to_string(now));
}

// Step 8: take.
TEST(Threads, WakesAWorkerForEachClient)
{
    ServerProcess server(pool(16, 64));
    server.wait_until_idle(); // all of them wait
    server.freeze();
    auto clients = server.connect_many(16);
    server.thaw();
    blame("a worker sleeps on although a client waits: each client put into the queue needs a "
          "notify, and whoever wakes looks at the queue again, with the lock held");
    expect_all_served_in_reverse(clients);
}

TEST(Threads, ServesAllWorkersAtOnce)
{
    ServerProcess server(pool(4, 4));
    auto clients = server.connect_many(4);
    blame("the workers take turns instead of serving at once: a lock is held while one of them "
          "talks with its client. Hold it for the queue alone");
    expect_all_served_in_reverse(clients);
}

TEST(Threads, SleepsWhileNobodyComes)
{
    ServerProcess server(pool(2, 2));
    expect_served(server, "alice");
    blame("an idle worker looks at the queue again and again: wait on the condition variable");
    server.expect_no_spin("while nobody comes");
}

// Step 9: put.
TEST(Threads, BoundsTheQueue)
{
    ServerProcess server(pool(1, 2));
    TestClient alice = server.connect("alice");
    converse(alice);
    auto others = server.connect_many(9);
    server.wait_until_idle();
    blame("with N workers and a queue of M, no more than N + M + 1 clients are accepted: the rest "
          "waits in the backlog. An unbounded queue takes every descriptor there is");
    const auto accepted = accepted_of(server, 10);
    expect(accepted <= 4, "4 accepted at most: 1 served, 2 in the queue, 1 in hand",
           std::to_string(accepted));
}

TEST(Threads, ServesAllThoughTheQueueIsFull)
{
    ServerProcess server(pool(1, 2));
    TestClient alice = server.connect("alice");
    converse(alice);
    auto others = server.connect_many(9);
    std::ranges::for_each(others, ask_and_say_no_more);
    server.wait_until_idle();
    alice.close();
    blame("a client that finds the queue full is neither refused nor forgotten: main waits for "
          "room before it puts him in");
    std::ranges::for_each(others, expect_the_answer_and_the_end);
}

TEST(Threads, SleepsWhileTheQueueIsFull)
{
    ServerProcess server(pool(1, 1));
    TestClient alice = server.connect("alice");
    converse(alice);
    auto others = server.connect_many(5);
    blame("with the queue full, main tries again and again: wait on a condition variable");
    server.expect_no_spin("while the queue is full");
}

// Step 10: the end of the pool.
TEST(Threads, StopsAnIdlePool)
{
    ServerProcess server(pool(4, 4));
    server.wait_until_idle();
    blame("the workers wait for clients and never hear of the end: no signal wakes a condition "
          "variable. Say so under the lock, and notify all of them");
    expect_success(server);
    expect_statistics(server, 0, 0);
}

TEST(Threads, StopsAFullPool)
{
    ServerProcess server(pool(2, 1));
    auto clients = server.connect_many(2);
    expect_all_served_in_reverse(clients);
    auto others = server.connect_many(6);
    server.wait_until_idle();
    blame("SIGTERM while the queue is full: main waits for room, the workers for their clients, "
          "and all of them must end");
    expect_success(server);
    clients[0].expect_closed();
}
