// What a server says first, and what it sends without end: of the student's making, so never a test
// that "broke".
#include "tests/harness/patience.h"
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/test_client.h"

#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace harness;

namespace {

class ServerStartTest : public testing::Test {
protected:
    ~ServerStartTest() override { set_server_command(before_); }

    static Report report_on(const std::string& command,
                            const std::function<void(ServerProcess&)>& test)
    {
        begin_story("ServerStartTest");
        set_server_command(command);
        try {
            ServerProcess server;
            test(server);
        } catch (const testing::AssertionException&) {
            return story();
        }
        return {};
    }

private:
    std::string before_ = set_server_command("");
};

TEST_F(ServerStartTest, NamesAnAddress)
{
    for (const char* const address :
         {"127.0.0.1:a-door", "127.0.0.1:70000", "127.0.0.1:0", "127.0.0.1:80 or so",
          "127.0.0.1:", "nobody.invalid:80", "80"}) {
        const Report report =
            report_on("sh -c 'echo listening on " + std::string(address) + "; exec sleep 600'",
                      [](ServerProcess&) {});
        EXPECT_EQ(report.verdict, Verdict::fail) << address;
        ASSERT_TRUE(report.failure) << address;
        EXPECT_EQ(report.failure->got, "\"listening on " + std::string(address) + "\"");
    }
}

constexpr const char* sends_for_ever = R"(python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
client = server.accept()[0]
while True:
    client.sendall(bytes(1 << 20))
')";

TEST_F(ServerStartTest, ComesToAnEnd)
{
    const Report report = report_on(sends_for_ever, [](ServerProcess& server) {
        TestClient alice = server.connect("alice");
        alice.receive_to_end();
    });
    EXPECT_EQ(report.verdict, Verdict::fail);
    ASSERT_TRUE(report.failure);
    EXPECT_EQ(report.failure->expected, "the end of alice's connection");
    EXPECT_TRUE(report.failure->got.starts_with("bytes without end: ")) << report.failure->got;
}

// Serves nothing, but says that it does; what is started before it may change its environment.
std::string listens_after(const std::string& words, const std::string& first = "")
{
    return words + R"( python3 -c '
import ctypes, os, signal, socket, time
)" + first +
           R"(
server = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
time.sleep(600)
')";
}

class ErrnoWatchTest : public testing::Test {
protected:
    ~ErrnoWatchTest() override
    {
        set_server_user(user_);
        set_server_command(command_);
    }
    // In place of a jail: as in tier C, where a user says that the server was built here.
    static Verdict verdict_on(const std::string& command, bool built_here)
    {
        begin_story("ErrnoWatchTest");
        set_server_user(built_here ? std::optional(::geteuid()) : std::nullopt);
        set_server_command(command);
        try {
            ServerProcess server({}, with_errno_watched);
            server.expect_handler_watched();
        } catch (const testing::AssertionException&) {
            return story().verdict;
        }
        return Verdict::pass;
    }

private:
    std::string command_ = set_server_command("");
    std::optional<uid_t> user_ = set_server_user(std::nullopt);
};

TEST_F(ErrnoWatchTest, IsInAServerThatWasBuiltHere)
{
    EXPECT_EQ(verdict_on(listens_after("env"), true), Verdict::pass);
}

TEST_F(ErrnoWatchTest, IsTakenOffByNobodyWithoutAFail)
{
    EXPECT_EQ(verdict_on(listens_after("env -u LD_PRELOAD"), true), Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_EQ(story().failure->got,
              "one that has rid itself of the library that watches its handlers");
}

TEST_F(ErrnoWatchTest, IsInTheFolderThatTheDriverIsTold)
{
    set_library_folder("/no/such/folder");
    EXPECT_EQ(verdict_on(listens_after("env"), true), Verdict::fail);
    set_library_folder("");
    EXPECT_EQ(verdict_on(listens_after("env"), true), Verdict::pass);
}

TEST_F(ErrnoWatchTest, SeesEachHandlerOfSigchld)
{
    const std::string by_name =
        "handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda number: None)\n"
        "ctypes.CDLL(None).";
    for (const std::string& first :
         {std::string("signal.signal(signal.SIGCHLD, lambda *_: None)"),
          by_name + "signal(signal.SIGCHLD, handler)", by_name + "sigset(signal.SIGCHLD, handler)",
          std::string("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")}) {
        EXPECT_EQ(verdict_on(listens_after("env", first), true), Verdict::pass) << first;
    }
}

TEST_F(ErrnoWatchTest, IsPassedByNobodyWithoutAFail)
{
    const std::string past_it =
        "handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda number: None)\n"
        "ctypes.CDLL(\"libc.so.6\").signal(signal.SIGCHLD, handler)";
    EXPECT_EQ(verdict_on(listens_after("env", past_it), true), Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_EQ(story().failure->got,
              "one that was set past them, by dlsym or syscall, where nobody can watch it");
    EXPECT_EQ(verdict_on(listens_after("env", past_it), false), Verdict::pass);
}

// Else a server could tell that test from the others, and be another one in it.
TEST_F(ErrnoWatchTest, IsInEveryTestOfAServerThatWasBuiltHere)
{
    watch_errno_in_every_test();
    const std::string tells = "print(\"listening on\", \"LD_PRELOAD\" in os.environ, flush=True)";
    for (const bool built_here : {true, false}) {
        set_server_user(built_here ? std::optional(::geteuid()) : std::nullopt);
        set_server_command(listens_after("env", tells));
        const auto server = ServerProcess::start_only({});
        const std::string wanted = built_here ? "listening on True" : "listening on False";
        eventually(
            *server, "the first line", [&] { return server->output().ends_with("\n"); },
            [&] { return server->output(); });
        EXPECT_TRUE(server->output().starts_with(wanted)) << server->output();
    }
    set_usual_library("");
}

// Of a server in another language, say, whose program takes none: no fault of the student's.
TEST_F(ErrnoWatchTest, IsDoneWithoutInAServerThatCameAsACommand)
{
    EXPECT_EQ(verdict_on(listens_after("env -u LD_PRELOAD"), false), Verdict::skipped);
}

} // namespace
