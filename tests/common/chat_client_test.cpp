// The chat's client, on a terminal that this program holds, against the reference server.

#include "common/address.h"
#include "common/errors.h"
#include "common/frames.h"
#include "tests/harness/patience.h"
#include "tests/harness/ports.h"
#include "tests/harness/server_process.h"
#include "tests/harness/spawn.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace harness;

namespace {

// build/debug/tests/common_test → build/debug
std::string built(const std::string& program)
{
    return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / program;
}

std::vector<std::string> client(const std::string& name, const std::string& model,
                                const std::string& port)
{
    return {built("common/clients/chat_client"), "--name", name, "--model", model, "--port", port};
}

// A program on a terminal of its own.
class Terminal {
public:
    explicit Terminal(std::vector<std::string> command)
    {
        std::vector<char*> arguments;
        arguments.reserve(command.size() + 1);
        for (std::string& word : command) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        int ours = -1;
        pid_ = lab::check(::forkpty(&ours, nullptr, nullptr, nullptr), "forkpty");
        if (pid_ == 0) {
            ::execv(arguments[0], arguments.data());
            ::_exit(EXIT_FAILURE);
        }
        ours_ = UniqueFd(ours);
    }
    ~Terminal()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void type(const std::string& text) const
    {
        lab::check(::write(ours_.get(), text.data(), text.size()), "write");
    }
    // Reads on until this text has come; what stands before it is forgotten. False: it never came.
    bool shows(const std::string& text)
    {
        std::size_t at = 0;
        while ((at = seen_.find(text)) == std::string::npos) {
            if (!read_more()) {
                ADD_FAILURE() << "no \"" << text << "\" in \"" << seen_ << '"';
                return false;
            }
        }
        seen_.erase(0, at + text.size());
        return true;
    }
    // Its exit status, when all that it wrote has been read.
    int status()
    {
        while (read_more()) {
        }
        int status = -1;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    // False at its end, and when nothing has come for too long.
    bool read_more()
    {
        pollfd ready{ours_.get(), POLLIN, 0};
        const auto ms = std::chrono::ceil<std::chrono::milliseconds>(2 * patience()).count();
        std::array<char, 4096> buffer;
        if (::poll(&ready, 1, static_cast<int>(ms)) <= 0) {
            ::kill(pid_, SIGKILL);
            return false;
        }
        const ssize_t count = ::read(ours_.get(), buffer.data(), buffer.size());
        seen_.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return count > 0; // EIO: the other side has gone
    }

    UniqueFd ours_;
    pid_t pid_ = -1;
    std::string seen_;
};

// Once with threads and once with select.
class ChatClient : public testing::TestWithParam<std::string> {
protected:
    ChatClient() { set_server_command(built("solutions/04-select-chat/server")); }
};

INSTANTIATE_TEST_SUITE_P(Models, ChatClient, testing::Values("threads", "select"),
                         [](const auto& model) { return model.param; });

} // namespace

TEST_P(ChatClient, TalksAndLeaves)
{
    ServerProcess server;
    Terminal alice(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("[alice@127.0.0.1]> "));
    Terminal bob(client("bob", GetParam(), server.port()));
    ASSERT_TRUE(bob.shows("[bob@127.0.0.1]> "));
    // On a line of its own, in the prompt's place, and the prompt below it.
    ASSERT_TRUE(alice.shows("\r\x1b[K(Connected: New client (2) from bob@127.0.0.1)\r\n"
                            "[alice@127.0.0.1]> "));
    alice.type("gr\xc3\xbc\xc3\x9f dich\n");
    ASSERT_TRUE(bob.shows("\r\x1b[K#[alice@127.0.0.1]>> gr\xc3\xbc\xc3\x9f dich\r\n"
                          "[bob@127.0.0.1]> "));
    bob.type("\x04"); // Ctrl-D
    EXPECT_EQ(bob.status(), 0);
    ASSERT_TRUE(alice.shows("(Now hung up: Client from bob@127.0.0.1)\r\n[alice@127.0.0.1]> "));
}

TEST_P(ChatClient, ShowsWhatComesInMidLine)
{
    ServerProcess server;
    Terminal alice(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("[alice@127.0.0.1]> "));
    alice.type("half a");
    ASSERT_TRUE(alice.shows("half a"));
    Terminal bob(client("bob", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("from bob@127.0.0.1)\r\n[alice@127.0.0.1]> "));
    alice.type(" line\n");
    ASSERT_TRUE(bob.shows("#[alice@127.0.0.1]>> half a line\r\n"));
}

// What comes in one piece with the welcome is never announced by select or recv.
TEST_P(ChatClient, ShowsWhatComesWithTheWelcome)
{
    const UniqueFd listener(lab::check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    lab::Address address = lab::resolve("127.0.0.1", 0);
    lab::check(::bind(listener.get(), address.get(), address.length), "bind");
    const timeval most{60, 0}; // for a client that never comes
    lab::check(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)),
               "SO_RCVTIMEO");
    lab::check(::listen(listener.get(), 1), "listen");
    const std::string port = std::to_string(lab::local_address(listener.get()).port());
    Terminal bob(client("bob", GetParam(), port));
    const UniqueFd peer(lab::check(::accept(listener.get(), nullptr, nullptr), "accept"));
    const std::string both = lab::frame_of("CLIENT: bob@127.0.0.1") + lab::frame_of("hello, bob");
    lab::check(::send(peer.get(), both.data(), both.size(), MSG_NOSIGNAL), "send");
    ASSERT_TRUE(bob.shows("hello, bob\r\n[bob@127.0.0.1]> "));
}

TEST_P(ChatClient, SaysWhatItDoesNotSend)
{
    ServerProcess server;
    Terminal alice(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("[alice@127.0.0.1]> "));
    alice.type("\xff\n");
    ASSERT_TRUE(alice.shows("(not sent: not UTF-8)"));
    Terminal bob(client("bob", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("\r\n[alice@127.0.0.1]> \r\x1b[K(Connected")); // one prompt, not two
}

TEST_P(ChatClient, EndsWithTheServer)
{
    ServerProcess server;
    Terminal alice(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("[alice@127.0.0.1]> "));
    server.signal(SIGTERM);
    ASSERT_TRUE(alice.shows("\r\nClient shutting down.\r\n"));
    EXPECT_EQ(alice.status(), 0);
}

TEST_P(ChatClient, SaysThatThereIsNoServer)
{
    const std::string port = std::to_string(reserve_port());
    Terminal alice(client("alice", GetParam(), port));
    ASSERT_TRUE(alice.shows("Failed to connect to chat server at 127.0.0.1:" + port + "\r\n"));
    EXPECT_EQ(alice.status(), 1);
}

TEST_P(ChatClient, SaysWhyItWasRefused)
{
    ServerProcess server;
    Terminal alice(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(alice.shows("[alice@127.0.0.1]> "));
    Terminal other(client("alice", GetParam(), server.port()));
    ASSERT_TRUE(other.shows("ERROR: name taken"));
    EXPECT_EQ(other.status(), 1);
}

TEST_P(ChatClient, SendsAllOfAPipe)
{
    ServerProcess server;
    Terminal bob(client("bob", GetParam(), server.port()));
    ASSERT_TRUE(bob.shows("[bob@127.0.0.1]> "));
    const UniqueFd lines(::memfd_create("lines", MFD_CLOEXEC));
    const std::string text = "one\n\ntwo\nthree, without Enter";
    lab::check(::write(lines.get(), text.data(), text.size()), "write");
    ::lseek(lines.get(), 0, SEEK_SET);
    const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
    Command command{.arguments = client("alice", GetParam(), server.port()), .directory = {}};
    command.input = lines.get();
    command.output = output.get();
    ChildProcess alice = spawn(command);
    const auto status = alice.wait(2 * patience());
    ASSERT_TRUE(status.has_value());
    EXPECT_TRUE(status->success());
    for (const char* const line : {"one", "two", "three, without Enter"}) {
        ASSERT_TRUE(bob.shows("#[alice@127.0.0.1]>> " + std::string(line) + "\r\n"));
    }
    ASSERT_TRUE(bob.shows("(Now hung up: Client from alice@127.0.0.1)"));
}
