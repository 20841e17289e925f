#include "tests/harness/contract.h"

#include "tests/harness/patience.h"
#include "tests/harness/ports.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <algorithm>
#include <csignal>

namespace harness::contract {

namespace {

Manners& manners()
{
    static Manners of_this_lab = manners_of_services();
    return of_this_lab;
}

} // namespace

Manners manners_of_services()
{
    Manners manners;
    manners.converse = [](TestClient& client) {
        client.send("Simple is better than?");
        client.expect("Complex.");
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

void converse(TestClient& client)
{
    manners().converse(client);
}

void expect_served(ServerProcess& server, const std::string& name)
{
    TestClient client = server.connect(name);
    converse(client);
    client.close();
}

void expect_all_served_in_reverse(std::vector<TestClient>& clients)
{
    std::for_each(clients.rbegin(), clients.rend(), converse);
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

void stops_when_asked()
{
    ServerProcess server;
    TestClient alice = server.connect("alice");
    converse(alice);
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
