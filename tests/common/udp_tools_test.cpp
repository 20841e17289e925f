// registry_client and relay, run as programs: this test is the server, and the clients of the
// relay.

#include "common/address.h"
#include "common/errors.h"
#include "common/unique_fd.h"
#include "tests/harness/spawn.h"

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lab;
using harness::ChildProcess;

namespace {

constexpr Seconds ample{60}; // ends a test that hangs

std::string program(const std::string& name)
{
    const auto tests = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return tests.parent_path() / "common/clients" / name;
}

struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
    Pipe()
    {
        int ends[2];
        check(::pipe2(ends, O_CLOEXEC), "pipe");
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    void write(const std::string& text) const
    {
        check(::write(write_end.get(), text.data(), text.size()), "write");
    }
    [[nodiscard]] std::string read_line() const
    {
        std::string line;
        for (char c = 0; c != '\n' && ::read(read_end.get(), &c, 1) == 1;) {
            line += c;
        }
        return line;
    }
};

// An UDP socket of ours.
class Socket {
public:
    Socket() : fd_(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"))
    {
        const Address any = resolve("127.0.0.1", 0);
        check(::bind(fd_.get(), any.get(), any.length), "bind");
    }
    [[nodiscard]] std::string port() const
    {
        return std::to_string(local_address(fd_.get()).port());
    }
    void hear_only(const Address& peer) const
    {
        check(::connect(fd_.get(), peer.get(), peer.length), "connect");
    }
    void send(const std::string& payload, const Address& to) const
    {
        check(::sendto(fd_.get(), payload.data(), payload.size(), 0, to.get(), to.length),
              "sendto");
    }
    // The next datagram; last_sender() says whose.
    std::string receive()
    {
        pollfd ready{fd_.get(), POLLIN, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(ample).count();
        if (::poll(&ready, 1, static_cast<int>(ms)) != 1) {
            return "(nothing came)";
        }
        std::string payload(65'536, '\0');
        last_sender_ = Address{};
        const ssize_t count = ::recvfrom(fd_.get(), payload.data(), payload.size(), 0,
                                         last_sender_.get(), &last_sender_.length);
        payload.resize(static_cast<std::size_t>(check(count, "recvfrom")));
        return payload;
    }
    [[nodiscard]] const Address& last_sender() const { return last_sender_; }

private:
    UniqueFd fd_;
    Address last_sender_;
};

ChildProcess start(std::vector<std::string> words, const Pipe& output, const Pipe* input = nullptr)
{
    words[0] = program(words[0]);
    harness::Command command{.arguments = std::move(words), .directory = {}};
    command.output = output.write_end.get();
    command.errors = output.write_end.get();
    command.input = input != nullptr ? input->read_end.get() : -1;
    return harness::spawn(command);
}

// A relay, and where it listens.
struct Relay {
    Pipe output;
    ChildProcess process;
    Address address;

    Relay(const Socket& server, std::vector<std::string> flags)
        : process(start(words(server, std::move(flags)), output))
    {
        const std::string line = output.read_line();
        address = resolve("127.0.0.1",
                          static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1))));
    }

private:
    static std::vector<std::string> words(const Socket& server, std::vector<std::string> flags)
    {
        std::vector<std::string> all{"relay", "127.0.0.1", "-p", server.port(), "--listen", "0"};
        all.insert(all.end(), flags.begin(), flags.end());
        return all;
    }
};

// What arrives of so many, the last one ("end") apart: it is sent until it gets through.
std::vector<std::string> what_arrives(const std::vector<std::string>& flags, int count)
{
    Socket server;
    Socket client;
    const Relay relay(server, flags);
    for (int i = 0; i < count; ++i) {
        client.send(std::to_string(i), relay.address);
    }
    client.send("end", relay.address);
    std::vector<std::string> arrived;
    while (arrived.empty() || arrived.back() != "end") {
        arrived.push_back(server.receive());
    }
    return arrived;
}

} // namespace

TEST(RegistryClient, RegistersSpeaksAndSaysGoodbye)
{
    Socket server;
    const Pipe output;
    Pipe input;
    ChildProcess client =
        start({"registry_client", "127.0.0.1", "-p", server.port()}, output, &input);
    EXPECT_EQ(server.receive(), "#REG");
    const Address address = server.last_sender();
    input.write("hello\nand ");
    EXPECT_EQ(server.receive(), "hello");
    server.send("hello", address);
    EXPECT_EQ(output.read_line(), "hello\n");
    server.send("from\x1b somebody else", address);
    EXPECT_EQ(output.read_line(), "from. somebody else\n");
    input.write("more\nthe last line");
    EXPECT_EQ(server.receive(), "and more");
    input.write_end.reset();
    input.read_end.reset();
    EXPECT_EQ(server.receive(), "the last line");
    server.send("the last line", address);
    EXPECT_EQ(server.receive(), "#DEREG");
    const auto status = client.wait(ample);
    EXPECT_TRUE(status && status->success());
}

TEST(RegistryClient, SaysGoodbyeWhenInterrupted)
{
    Socket server;
    const Pipe output;
    const Pipe input;
    ChildProcess client =
        start({"registry_client", "127.0.0.1", "-p", server.port()}, output, &input);
    EXPECT_EQ(server.receive(), "#REG");
    ::kill(client.pid(), SIGINT);
    EXPECT_EQ(server.receive(), "#DEREG");
    const auto status = client.wait(ample);
    EXPECT_TRUE(status && status->success());
}

TEST(RegistryClient, SaysThatNobodyIsThere)
{
    const Socket deaf; // keeps the port, and hears somebody else alone
    deaf.hear_only(resolve("127.0.0.2", 9));
    const Pipe output;
    const Pipe input;
    ChildProcess client =
        start({"registry_client", "127.0.0.1", "-p", deaf.port()}, output, &input);
    EXPECT_EQ(output.read_line(), "receive: Connection refused\n");
    const auto status = client.wait(ample);
    EXPECT_TRUE(status && status->code == 1);
}

TEST(Relay, PassesBothWaysAndKeepsClientsApart)
{
    Socket server;
    Socket alice;
    Socket bob;
    const Relay relay(server, {});
    alice.send("from alice", relay.address);
    EXPECT_EQ(server.receive(), "from alice");
    const Address alice_up = server.last_sender();
    bob.send("", relay.address);
    EXPECT_EQ(server.receive(), "");
    const Address bob_up = server.last_sender();
    EXPECT_NE(to_string(alice_up), to_string(bob_up));
    server.send("to bob", bob_up);
    server.send("to alice", alice_up);
    EXPECT_EQ(bob.receive(), "to bob");
    EXPECT_EQ(alice.receive(), "to alice");
}

TEST(Relay, DoesTheSameForTheSameSeed)
{
    // The last datagram may be dropped or held back by others: this seed lets it pass.
    const std::vector<std::string> flags{"--seed",      "7",   "--drop",    "0.2",
                                         "--duplicate", "0.2", "--reorder", "0.2"};
    const auto once = what_arrives(flags, 6);
    EXPECT_EQ(once, what_arrives(flags, 6));
    const std::vector<std::string> made{"0", "0", "3", "3", "5", "5", "end"};
    EXPECT_EQ(once, made);
}

TEST(Relay, LetsGoOfWhatNothingFollows)
{
    EXPECT_EQ(what_arrives({"--reorder", "1"}, 0), std::vector<std::string>{"end"});
}

TEST(Relay, RefusesWhatIsNoLikelihood)
{
    for (const std::string likelihood : {"2", "-1", "nan"}) {
        const Pipe output;
        ChildProcess relay = start({"relay", "127.0.0.1", "--drop", likelihood}, output);
        const auto status = relay.wait(ample);
        EXPECT_TRUE(status && status->code == 2) << likelihood;
    }
}
