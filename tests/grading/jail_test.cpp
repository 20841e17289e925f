// What a stranger's program can and cannot do in a jail. Each attempt is also made outside of one,
// where it must succeed: else it would show nothing.

#include "common/errors.h"
#include "grading/compile.h"
#include "grading/files.h"
#include "grading/jail/jail.h"
#include "grading/jail/lone_user.h"
#include "grading/jail/memory_watch.h"
#include "grading/jail/tier.h"
#include "tests/grading/fixture.h"
#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace grading;
namespace fs = std::filesystem;
using harness::Seconds;

namespace {

constexpr Seconds long_enough{60};

// build/MODE, wherever we were started.
Layout real_layout()
{
    Layout layout;
    layout.build = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
    return layout;
}

class JailTest : public testing::Test {
protected:
    JailTest() : folder_(fs::temp_directory_path()), layout(real_layout()) {}

    void SetUp() override
    {
        if (const std::string why = find_tiers(layout).why_not_of(Tier::b); !why.empty()) {
            GTEST_SKIP() << "no jails here: " << why;
        }
        harness::become_subreaper();
        fs::permissions(folder_.path(), fs::perms(0711));
        for (const fs::path& writable : {results, scratch}) {
            fs::create_directories(writable);
            give_to_stranger(writable);
        }
        jail.emplace(layout, folder_.path() / "jail",
                     std::vector<ServerJail::Program>{{python, "/srv/python3"}}, false);
    }

    void TearDown() override { harness::kill_descendants(); }

    [[nodiscard]] harness::Command python_in_pod(const std::string& script) const
    {
        harness::Command driver{.arguments = jail->command(scratch), .directory = {}};
        driver.arguments.insert(driver.arguments.end(), {"--", "/srv/python3", "-c", script});
        return jail->in_pod(driver, scratch);
    }
    static std::string output_of(harness::Command command)
    {
        const lab::UniqueFd output = memory_file();
        command.output = output.get();
        command.errors = output.get();
        harness::spawn(command).wait(long_enough);
        return contents_of(output.get(), 10'000);
    }
    // What a Python script prints in a jail, and as the same user in none.
    std::string inside(const std::string& script) { return output_of(python_in_pod(script)); }
    std::string outside(const std::string& script)
    {
        harness::Command command{.arguments = {python.string(), "-c", script}, .directory = {}};
        command.user = stranger();
        return output_of(command);
    }
    // Tries an expression, or says what is wrong with it.
    static std::string attempt(const std::string& imports, const std::string& expression)
    {
        return "import " + imports + "\ntry: print(" + expression +
               ")\nexcept Exception as e: print(type(e).__name__)\n";
    }
    // A system call: 0, or errno.
    static std::string system_call(const std::string& call)
    {
        return "import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\n"
               "print(0 if c." +
               call + " >= 0 else ctypes.get_errno())\n";
    }

private:
    TemporaryFolder folder_;

protected:
    Layout layout;
    fs::path results = folder_.path() / "results";
    fs::path scratch = folder_.path() / "memory";
    fs::path python = "/usr/bin/python3"; // its libraries are in /usr/lib, which a jail sees
    std::optional<ServerJail> jail;
};

TEST_F(JailTest, SeesNothingOfThisMachine)
{
    for (const std::string& file :
         {layout.jail().string(), results.string(), std::string("/etc/passwd"),
          fs::current_path().string() + "/Makefile"}) {
        const std::string look = "import os; print(os.path.exists('" + file + "'))";
        EXPECT_EQ(outside(look), "True\n") << file;
        EXPECT_EQ(inside(look), "False\n") << file;
    }
}

TEST_F(JailTest, WritesToNoResult)
{
    const std::string forge =
        attempt("os", "open('" + (results / "x").string() + "', 'w').write('pass')");
    EXPECT_EQ(outside(forge), "4\n");
    EXPECT_EQ(inside(forge), "FileNotFoundError\n");
    EXPECT_EQ(inside(attempt("os", "open('/srv/python3', 'r+b')")), "PermissionError\n");
    EXPECT_EQ(inside(attempt("os", "open('/new', 'w')")), "OSError\n");
}

TEST_F(JailTest, HasANetworkOfItsOwn)
{
    const lab::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    lab::check(::bind(listener.get(), generic, size), "bind");
    lab::check(::listen(listener.get(), 5), "listen");
    lab::check(::getsockname(listener.get(), generic, &size), "getsockname");
    const std::string knock =
        attempt("socket", "socket.create_connection(('127.0.0.1', " +
                              std::to_string(ntohs(address.sin_port)) + ")) and 'reached'");
    EXPECT_EQ(outside(knock), "reached\n");
    EXPECT_EQ(inside(knock), "ConnectionRefusedError\n");
    const std::string out = attempt(
        "socket", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))");
    EXPECT_EQ(inside(out), "OSError\n"); // unreachable
}

TEST_F(JailTest, HasProcessesOfItsOwn)
{
    const std::string look =
        "import os; print(os.path.exists('/proc/" + std::to_string(::getpid()) + "'), os.getpid())";
    EXPECT_EQ(outside(look).substr(0, 4), "True");
    EXPECT_EQ(inside(look), "False 2\n");
}

TEST_F(JailTest, GetsACleanEnvironment)
{
    ::setenv("LAB_SECRET", "treasure", 1);
    const std::string dig = R"(import os
found = ''
for p in os.listdir('/proc'):
    try: found += open('/proc/' + p + '/environ').read()
    except OSError: pass
print('treasure' in found, sorted(os.environ)))";
    EXPECT_EQ(outside(dig).substr(0, 5), "True ");
    EXPECT_EQ(inside(dig), "False ['HOME', 'LANG', 'PATH', 'PWD']\n");
    ::unsetenv("LAB_SECRET");
}

TEST_F(JailTest, InheritsNoDescriptor)
{
    const int leak = ::open("/etc/passwd", O_RDONLY); // NOLINT: without O_CLOEXEC, on purpose
    EXPECT_EQ(inside("import os; print(sorted(os.listdir('/proc/self/fd')))"),
              "['0', '1', '2', '3']\n"); // the folder's own
    ::close(leak);
}

TEST_F(JailTest, CanBecomeNobodyElse)
{
    const std::string nested = system_call("unshare(0x10000000)"); // CLONE_NEWUSER
    EXPECT_EQ(outside(nested), "0\n");
    EXPECT_EQ(inside(nested), "1\n"); // EPERM
    EXPECT_EQ(inside(system_call("mount(b'x', b'/tmp', b'tmpfs', 0, 0)")), "1\n");
    EXPECT_EQ(inside(system_call("chroot(b'/tmp')")), "1\n");
    EXPECT_EQ(inside(system_call("setuid(0)")), "22\n"); // there is no such user: EINVAL
    const std::string privileges =
        "print([l.split()[1] for l in open('/proc/self/status') "
        "if l.startswith(('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp:'))])";
    EXPECT_EQ(inside(privileges), "['0000000000000000', '0000000000000000', '1', '2']\n");
}

TEST_F(JailTest, MayNotUseWhatOnlyAttacksNeed)
{
    for (const std::string& call :
         {system_call("ptrace(0, 0, 0, 0)"), system_call("memfd_create(b'x', 0)"),
          system_call("shmget(0, 4096, 0o1600)"), system_call("setpriority(0, 0, 19)"),
          system_call("process_vm_readv(os.getpid(), 0, 0, 0, 0, 0)")}) {
        EXPECT_EQ(outside(call), "0\n") << call;
        EXPECT_EQ(inside(call), "1\n") << call;
    }
    const std::string raw = system_call("socket(16, 3, 4)"); // what sock_diag is asked by
    EXPECT_EQ(outside(raw), "0\n");
    EXPECT_EQ(inside(raw), "1\n");
    EXPECT_EQ(inside(system_call("socket(40, 1, 0)")), "97\n"); // AF_VSOCK: EAFNOSUPPORT
    EXPECT_EQ(inside(system_call("socket(2, 3, 1)")), "1\n");   // SOCK_RAW
}

// Tier C has no walls, but this.
TEST_F(JailTest, WithoutNamespacesHasTheFilterAllTheSame)
{
    const std::string idle = "sched_setscheduler(0, 5, ctypes.byref(ctypes.c_int(0)))";
    for (const std::string& call : {system_call("setpriority(0, 0, 19)"), system_call(idle),
                                    system_call("ptrace(0, 0, 0, 0)")}) {
        harness::Command command{.arguments = {"sh", "-c",
                                               jail->bare_command(layout) + python.string() +
                                                   " -c " + shell_quoted(call)},
                                 .directory = {}};
        command.user = stranger();
        EXPECT_EQ(outside(call), "0\n") << call;
        EXPECT_EQ(output_of(command), "1\n") << call;
    }
}

// As in tier C where nobody else may look into the folder of the labs.
TEST_F(JailTest, WithoutNamespacesHasTheLibrariesThatServersAreStartedWith)
{
    const fs::path copy =
        jail->bare_libraries(layout.build / "tests" / "01-iterative_test") / "errno_watch.so";
    harness::Command command{.arguments = {"env", "LD_PRELOAD=" + copy.string(), "grep", "-c",
                                           "errno_watch.so", "/proc/self/maps"},
                             .directory = {}};
    command.user = stranger();
    EXPECT_NE(output_of(command), "0\n");
}

TEST_F(JailTest, HasLimits)
{
    const std::string fork = R"(import os, signal
n = 0
try:
    while n < 400:
        if os.fork() == 0: signal.pause()
        n += 1
except OSError as e: print(e.errno, end=' ')
print(n)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.killpg(0, signal.SIGTERM))";
    EXPECT_EQ(outside(fork), "400\n");
    EXPECT_EQ(inside(fork), "11 248\n"); // EAGAIN; the warden and the first process count too
    const auto large = [](const std::string& file) {
        return attempt("os", "open('" + file + "', 'wb').truncate(1 << 25)");
    };
    EXPECT_EQ(outside(large((results / "x").string())), "33554432\n");
    EXPECT_EQ(inside(large("/tmp/x")), "OSError\n");
    EXPECT_EQ(inside(attempt("resource", "resource.setrlimit(resource.RLIMIT_NPROC, "
                                         "(9999, 9999))")),
              "ValueError\n");
}

// Where a cgroup bounds memory, the driver is in it, too: without its report nobody is to blame.
TEST_F(JailTest, GoesFirstWhenThereIsNoMemoryLeft)
{
    const std::string script = "print(open('/proc/self/oom_score_adj').read(), end='')";
    EXPECT_EQ(outside(script), "0\n");
    EXPECT_EQ(inside(script), "1000\n");
}

TEST_F(JailTest, FillsNoMoreMemoryWithFilesThanItMay)
{
    const auto fill = [](const std::string& folder) {
        return "import os\nn = 0\nos.makedirs('" + folder + "', exist_ok=True)\ntry:\n" +
               " while n < 9000: open(f'" + folder + "/{n}', 'w').close(); n += 1\n" +
               "except OSError as e: print(e.errno)\nprint(n < 8192)";
    };
    EXPECT_EQ(outside(fill(results.string())), "False\n");
    EXPECT_EQ(inside(fill("/tmp/x")), "28\nTrue\n"); // ENOSPC
    EXPECT_EQ(inside(fill("/dev/shm/x")), "28\nTrue\n");
    EXPECT_EQ(inside(attempt("os", "[open(f'/tmp/{n}', 'wb').write(bytes(15 << 20)) "
                                   "for n in range(5)]")),
              "OSError\n");
}

// -- the warden -----------------------------------------------------------------------------------

class WardenTest : public JailTest {
protected:
    ~WardenTest() override
    {
        harness::set_jail({});
        harness::set_server_command("");
    }
    void SetUp() override // without a pod
    {
        JailTest::SetUp();
        fs::create_directory(scratch / "shared");
    }
    harness::ChildProcess start(const std::string& script, int output = -1)
    {
        harness::Command command{.arguments = {"/srv/python3", "-c", script}, .directory = {}};
        command.jail = jail->command(scratch);
        command.user = stranger();
        command.output = output;
        return harness::spawn(command);
    }
};

TEST_F(WardenTest, TellsHowTheProgramEnded)
{
    EXPECT_EQ(to_string(*start("import sys; sys.exit(139)").wait(long_enough)),
              "exited with status 139");
    EXPECT_EQ(to_string(*start("import os; os.kill(os.getpid(), 11)").wait(long_enough)),
              "was killed by SIGSEGV");
    const auto busy = start("import time\nwhile time.process_time() < 0.2: pass").wait(long_enough);
    EXPECT_GE(busy->usage.ru_utime.tv_usec + busy->usage.ru_stime.tv_usec, 150'000);
}

TEST_F(WardenTest, KnowsTheProgramByItsNumberHere)
{
    harness::ChildProcess program = start("import signal; signal.pause()");
    EXPECT_EQ(contents_of("/proc/" + std::to_string(program.pid()) + "/comm"), "python3\n");
    EXPECT_EQ(harness::tasks_of(program.pid()).at(0).own_id, 2);
    ::kill(program.pid(), SIGTERM);
    EXPECT_EQ(program.wait(long_enough)->signal, SIGTERM);
    EXPECT_EQ(harness::state_of(program.pid()), 'Z'); // its number is nobody else's yet
}

TEST_F(WardenTest, AdoptsOrphansAndTakesThemAlong)
{
    const lab::UniqueFd output = memory_file();
    pid_t orphan = -1;
    {
        harness::ChildProcess program = start(
            "import os, signal\nif os.fork() == 0: os.setsid(); signal.pause()", output.get());
        ASSERT_TRUE(program.wait(long_enough)->success());
        for (const pid_t child : harness::children_of(program.adopter())) {
            orphan = child != program.pid() ? child : orphan;
        }
        ASSERT_NE(orphan, -1);
    }
    EXPECT_EQ(harness::state_of(orphan), '\0');
}

TEST_F(WardenTest, SaysWhenThereIsNoSuchProgramOrNoJail)
{
    harness::Command command{.arguments = {"/srv/nothing"}, .directory = {}};
    command.jail = jail->command(scratch);
    command.user = stranger();
    EXPECT_THROW(harness::spawn(command), std::system_error);
    command.jail[2] = "/no/such/folder";
    EXPECT_THROW(harness::spawn(command), std::runtime_error);
}

// The library that a test preloads is seen in the jail, and who takes it off there fails.
TEST_F(WardenTest, LetsNobodyTakeOffAPreloadedLibrary)
{
    const auto verdict_on = [&](const std::string& first) {
        harness::begin_story("WardenTest");
        harness::set_jail(jail->command(scratch));
        harness::set_server_command("/srv/python3 -c '" + first + R"(
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print("listening on 127.0.0.1:%d" % server.getsockname()[1], flush=True)
time.sleep(600)')");
        try {
            const harness::ServerProcess server({}, harness::with_errno_watched);
        } catch (const testing::AssertionException&) {
            return harness::story().verdict;
        }
        return harness::Verdict::pass;
    };
    EXPECT_EQ(verdict_on("import os, sys"), harness::Verdict::pass);
    EXPECT_EQ(verdict_on("import os, sys\nif os.environ.pop(\"LD_PRELOAD\", None):\n"
                         "    os.execv(\"/srv/python3\", sys.orig_argv)"),
              harness::Verdict::fail);
    ASSERT_TRUE(harness::story().failure);
    EXPECT_EQ(harness::story().failure->got,
              "one that has rid itself of the library that watches its handlers");
}

// -- its end --------------------------------------------------------------------------------------

// The process in the jail that has this program, once there is one.
pid_t wait_for_stranger(pid_t pod)
{
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    while (std::chrono::steady_clock::now() < deadline) {
        for (const pid_t pid : harness::descendants(pod)) {
            const auto numbers = harness::tasks_of(pid);
            std::error_code gone;
            const auto program =
                fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", gone).string();
            if (!numbers.empty() && program == "/srv/python3") {
                return pid;
            }
        }
        std::this_thread::yield();
    }
    return -1;
}

TEST_F(JailTest, EndsWithThePod)
{
    pid_t inmate = -1;
    {
        const harness::ChildProcess pod =
            harness::spawn(python_in_pod("import signal; signal.pause()"));
        inmate = wait_for_stranger(pod.pid());
        ASSERT_NE(inmate, -1);
    } // SIGKILL, to the pod's outermost process alone
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    while (harness::state_of(inmate) != '\0' && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(harness::state_of(inmate), '\0');
}

TEST_F(JailTest, IsStoppedWhenItTakesTooMuchMemory)
{
    const std::string script = "import signal\nx = b'x' * (100 << 20)\nsignal.pause()";
    harness::ChildProcess pod = harness::spawn(python_in_pod(script));
    ASSERT_NE(wait_for_stranger(pod.pid()), -1);
    EXPECT_TRUE(MemoryWatch(std::uint64_t{1} << 30U).look({pod.pid()}).empty());
    MemoryWatch watch(50U << 20U);
    std::vector<pid_t> greedy;
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    while (greedy.empty() && std::chrono::steady_clock::now() < deadline) {
        greedy = watch.look({pod.pid()});
    }
    EXPECT_EQ(greedy, std::vector<pid_t>{pod.pid()});
    EXPECT_TRUE(pod.wait(long_enough));
}

// -- the compiler's -------------------------------------------------------------------------------

class CompilerJailTest : public JailTest {
protected:
    bool compiles(const std::string& source, bool in_jail, bool bare = false)
    {
        const TemporaryFolder folder(layout.build / "tmp");
        fs::create_directories(folder.path() / "work");
        harness::write_atomically(folder.path() / "work/server.cpp", source);
        CompileOptions options;
        options.command = "g++ -std=c++20 -I. {source} -o {program}";
        options.scratch = folder.path();
        options.jail = in_jail ? &layout : nullptr;
        options.bare = bare;
        fs::permissions(folder.path(), fs::perms(0711));
        Interrupt interrupt;
        last = compile(folder.path() / "work", options, interrupt);
        if (last.outcome == Outcome::graded) { // lab 03 does so, with other flags
            last = compile(folder.path() / "work", options, interrupt);
        }
        struct stat facts {};
        owner_of_program =
            ::stat(last.program.c_str(), &facts) == 0 ? facts.st_uid : static_cast<uid_t>(-1);
        return last.outcome == Outcome::graded;
    }

    [[nodiscard]] long lines_with(const std::string& words) const
    {
        std::istringstream lines(last.output);
        long count = 0;
        for (std::string line; std::getline(lines, line);) {
            count += line.find("warning: " + words) != std::string::npos ? 1 : 0;
        }
        return count;
    }

    Compiled last;
    uid_t owner_of_program = 0;
};

TEST_F(CompilerJailTest, SeesTheSystemAndWhatTheLabsShare)
{
    EXPECT_TRUE(compiles("#include <thread>\n#include \"common/options.h\"\nint main() {}", true))
        << last.output;
    EXPECT_TRUE(compiles("#include \"common/options.h\"\nint main() {}", true, true))
        << last.output;
    EXPECT_FALSE(compiles("int main() { return nothing; }", true));
    EXPECT_NE(last.output.find("work/server.cpp:1:21: error"), std::string::npos) << last.output;
}

TEST_F(CompilerJailTest, SeesNothingElse)
{
    std::string oracle = "int main() {}\n";
    for (const std::string& file :
         {std::string("/etc/passwd"), std::string("/proc/self/environ"), std::string("/dev/zero"),
          std::string("solutions/01-iterative/server.cpp"),
          std::string("grading/rubrics/01-iterative.yaml"), layout.jail().string()}) {
        oracle.append("#if __has_include(\"" + file + "\")\n#warning seen\n#endif\n");
    }
    EXPECT_TRUE(compiles(oracle, false));
    constexpr long files = 6;
    EXPECT_EQ(lines_with("#warning seen"), files) << last.output;
    EXPECT_TRUE(compiles(oracle, true));
    EXPECT_EQ(lines_with("#warning seen"), 0) << last.output;
    const std::string swallow = "asm(\".incbin \\\"/etc/passwd\\\"\");\nint main() {}";
    EXPECT_TRUE(compiles(swallow, false)) << last.output;
    EXPECT_FALSE(compiles(swallow, true));
}

TEST_F(CompilerJailTest, LeavesAProgramThatIsOurs)
{
    ASSERT_TRUE(compiles("int main() {}", true));
    EXPECT_EQ(owner_of_program, ::geteuid());
}

// -- users without pods: tier C
// ---------------------------------------------------------------------

TEST(LoneUsers, AreSweptAfter)
{
    if (::geteuid() != 0) {
        GTEST_SKIP() << "it takes root to have other users";
    }
    const uid_t user = next_lone_user();
    EXPECT_NE(next_lone_user(), user);
    const fs::path file = "/tmp/lone-user-" + std::to_string(user);
    const lab::UniqueFd output = memory_file();
    harness::Command command{
        .arguments = {"sh", "-c",
                      "umask 0; echo >" + file.string() + "; echo there; exec sleep 60"},
        .directory = "/"};
    command.user = user;
    command.output = output.get();
    harness::ChildProcess process = harness::spawn(command);
    const auto deadline = std::chrono::steady_clock::now() + long_enough;
    while (contents_of(output.get(), 10).empty() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    ASSERT_TRUE(fs::exists(file));
    sweep_after(user);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(process.wait(long_enough)->signal, SIGKILL);
}

// -- tiers ----------------------------------------------------------------------------------------

TEST(Tiers, AreFoundByAsking)
{
    const Layout layout = real_layout();
    const Tiers tiers = find_tiers(layout);
    EXPECT_EQ(tiers.why_not_of(Tier::d), "");
    EXPECT_EQ(choose_tier("auto", layout).tier, tiers.best());
    EXPECT_EQ(choose_tier("D", layout).tier, Tier::d);
    for (const Tier tier : {Tier::a, Tier::b, Tier::c}) {
        if (!tiers.why_not_of(tier).empty()) {
            EXPECT_THROW(choose_tier(to_string(tier), layout), std::invalid_argument);
        }
    }
    EXPECT_THROW(choose_tier("E", layout), std::invalid_argument);
    EXPECT_THROW(choose_tier("", layout), std::invalid_argument);
}

TEST(Tiers, AreNoneWithoutTheDoor)
{
    Layout layout;
    const TemporaryFolder nothing_built(fs::temp_directory_path());
    layout.root = nothing_built.path();
    EXPECT_NE(find_tiers(layout).why_not_of(Tier::b), "");
    EXPECT_NE(choose_tier("auto", layout).why, "");
}

TEST(Tiers, OfWhatCannotBeJailed)
{
    EXPECT_EQ(choose_without_jail("auto", "because").why, "because");
    EXPECT_EQ(choose_without_jail("D", "because").tier, Tier::d);
    EXPECT_THROW(choose_without_jail("B", "because"), std::invalid_argument);
}

TEST(Tiers, MeanSomethingInAReport)
{
    for (const char* letter : {"A", "B", "C", "D"}) {
        EXPECT_GT(meaning_of(letter).size(), 20U);
    }
    EXPECT_EQ(meaning_of("\x1b"), "unknown.");
    EXPECT_EQ(meaning_of(""), "unknown.");
}

// As in tier C: users are all that keeps strangers apart.
TEST(LoneUserTest, IsSweptThoughItKillsWhoeverItMay)
{
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root changes users";
    }
    const uid_t user = next_lone_user();
    harness::Command survivor{
        .arguments = {"sh", "-c", "trap : TERM INT HUP; while :; do kill -9 -1; done"},
        .directory = "/"};
    survivor.user = user;
    harness::ChildProcess killer = harness::spawn(survivor);
    harness::ChildProcess another = harness::spawn(survivor); // one may have killed the other
    sweep_after(user);
    EXPECT_TRUE(killer.wait(long_enough));
    EXPECT_TRUE(another.wait(long_enough));
}

} // namespace
