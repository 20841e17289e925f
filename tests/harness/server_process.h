// The server under test, as a process: any program that keeps the contract of the labs.
#pragma once

#include "common/address.h"
#include "tests/harness/proc.h"
#include "tests/harness/server_launch.h"
#include "tests/harness/sock_diag.h"
#include "tests/harness/spawn.h"
#include "tests/harness/story.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harness {

class TestClient;

// What a server holds at one instant. Compare one taken when idle, after a first full exchange,
// with a later one: at the start a server is still making itself ready.
struct Census {
    std::size_t descriptors = 0; // of the first process
    std::size_t processes = 0;   // alive, the first one counted
    std::size_t tasks = 0;       // threads of all of them
    std::size_t zombies = 0;     // children that nobody has waited for
    std::size_t memory = 0;      // VmSize of the first process, bytes
};

// How to start the server so that it says on stderr when a handler of SIGCHLD changes errno.
struct WithErrnoWatched {};
constexpr WithErrnoWatched with_errno_watched;

// Starts each graded server of this driver so: by the library, which it can see, it could else tell
// that test from the others, and be another server in it. To be called before the tests run;
// returns true.
bool watch_errno_in_every_test();

class ServerProcess {
public:
    using Flags = std::vector<std::string>;

    // Starts it with these flags, and --port 0 unless they name a port; waits until it listens.
    explicit ServerProcess(const Flags& flags = {});
    // Skips the test when nothing can be preloaded into this server: one that is linked statically.
    // One that was built here takes libraries: if it is rid of this one, it has seen to that
    // itself.
    ServerProcess(const Flags& flags, WithErrnoWatched);
    // Kills it and all that it started.
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    // Starts it for a test of a failing start: does not wait for anything.
    static std::unique_ptr<ServerProcess> start_only(const Flags& flags);
    // Starts it with this stdin, which is borrowed, instead of an empty one.
    ServerProcess(const Flags& flags, int input);

    [[nodiscard]] pid_t pid() const { return process_.pid(); }
    // Where it says that it listens: of its first line.
    [[nodiscard]] const lab::Address& address() const { return address_; }
    [[nodiscard]] std::string port() const { return std::to_string(address_.port()); }
    // Connects a client; the name is for the report.
    TestClient connect(const std::string& name);
    std::vector<TestClient> connect_many(std::size_t count);

    // Signals to its first process.
    void signal(int number);
    void freeze();
    void thaw();
    // Both at once: a wait that it is in returns EINTR, or what it has done so far (signal(7)).
    void interrupt();

    // Waits until every process and thread of it is blocked with nothing to do: the barrier before
    // a fact is read. Timers may still wake it.
    void wait_until_idle();
    // Waits until every process and thread of it sleeps, by a clock or not. Never fails: goes on
    // when it is dead or works without a pause, for that is another test's subject.
    void wait_until_asleep();
    // Fails when it hardly sleeps, or wakes again and again, with nothing to do. Looking again
    // every 50 ms or slower is no spin, however long a look takes.
    void expect_no_spin(const std::string& while_what);

    // Those of all its processes.
    [[nodiscard]] std::vector<Task> tasks() const;

    // Fails when it has more processes than any server needs: it forks without end.
    void expect_bounded();

    // Facts. Read one once, after a barrier, and judge that reading.
    Census census();
    // Of one with errno watched: fails when it has a handler of SIGCHLD that is not.
    void expect_handler_watched();
    // Clients connected and not yet accepted.
    std::size_t depth();
    // Sockets of the kernel's with our port: connections at the server's end, and the listener.
    std::vector<SocketInfo> sockets();
    // … of UDP: the socket that is bound to it.
    std::optional<SocketInfo> listener();
    // The server's end of this client's connection, or nothing when there is none any more.
    std::optional<SocketInfo> connection_of(const TestClient& client);

    // Limits of the living process (prlimit(2)).
    void cap_descriptors();
    void lift_descriptors();
    void make_room_for_threads(); // for a thousand clients with one each, and more
    void cap_processes();
    void lift_processes();

    // Its end. wait_for_exit fails when it does not end within `most`, which the contract names.
    ExitStatus wait_for_exit(Seconds most);
    void kill();
    // Waits that long at most; true when it is dead.
    bool wait_for_death(Seconds most);
    // For poll(): readable when it has died, or -1 if it may.
    [[nodiscard]] int death() const { return may_die_ ? -1 : process_.pidfd(); }
    // Has it died, or does it within a moment? For a connection that ends for no known reason.
    bool ended_soon();
    [[noreturn]] void fail_because_dead(const std::string& awaited);
    // For a test that has waited for nothing but the end of a connection: a server that ends itself
    // gives that as well.
    void expect_that_it_lives();

    [[nodiscard]] std::string output() const; // stdout so far
    [[nodiscard]] std::string log() const;    // stderr so far

private:
    struct StartOnly {};
    // What else it is given: stdin (borrowed, -1: /dev/null), a library to preload, by name.
    struct Equipment {
        int input = -1;
        std::string preload{};
    };
    ServerProcess(const Flags& flags, const Equipment& equipment, StartOnly);
    void wait_until_it_listens();
    void keep_log();
    void stop();
    bool read_address();
    [[nodiscard]] std::vector<pid_t> processes() const;
    rlim_t change_limit(int resource, rlim_t value); // returns the one before
    bool all_blocked(std::map<pid_t, std::uint64_t>& naps);

    UniqueFd output_; // memory files, which never fill a pipe
    UniqueFd log_;
    ChildProcess process_;
    int number_; // in the order of starting
    lab::Address address_;
    bool may_die_ = false;
    rlim_t descriptors_before_ = 0;
    rlim_t processes_before_ = 0;
};

} // namespace harness
