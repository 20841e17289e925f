#include "tests/harness/server_process.h"

#include "common/errors.h"
#include "tests/harness/patience.h"
#include "tests/harness/test_client.h"
#include "tests/harness/udp_sockets.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace harness {

namespace {

// Far above any test's need, and below what the kernel is told to allow.
constexpr std::size_t too_many_processes = 120;

int servers_started = 0;
std::set<pid_t> servers; // alive and ours: every other child of this process is an orphan of theirs

UniqueFd memory_file(const char* name)
{
    return UniqueFd(lab::check(::memfd_create(name, MFD_CLOEXEC), "memfd_create"));
}

std::string contents(int file)
{
    struct stat facts {};
    lab::check(::fstat(file, &facts), "fstat");
    std::string text(static_cast<std::size_t>(facts.st_size), '\0');
    const ssize_t count = lab::check(::pread(file, text.data(), text.size(), 0), "pread");
    text.resize(static_cast<std::size_t>(count));
    return text;
}

const char* const errno_watch = "errno_watch.so";

// In its memory: the lines of the library that watches its handlers.
std::vector<std::string> errno_watch_in(pid_t pid)
{
    std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
    std::vector<std::string> found;
    for (std::string line; std::getline(maps, line);) {
        if (line.find(errno_watch) != std::string::npos) {
            found.push_back(line);
        }
    }
    return found;
}

// The one that these processes have open: a client may have the same port at another address.
std::optional<SocketInfo> udp_socket_of(const std::vector<pid_t>& processes, std::uint16_t port)
{
    const auto candidates = udp_sockets(port);
    for (const pid_t pid : processes) {
        for (const std::uint64_t inode : sockets_of(pid)) {
            const auto found = std::ranges::find(candidates, inode, &UdpSocket::inode);
            if (found != candidates.end()) {
                SocketInfo info;
                info.local = found->local;
                info.receive_queue = found->receive_queue;
                info.inode = inode;
                return info;
            }
        }
    }
    return std::nullopt;
}

} // namespace

ServerProcess::ServerProcess(const Flags& flags, const Equipment& equipment, StartOnly)
    : output_(memory_file("stdout")), log_(memory_file("stderr")),
      process_(
          start_server({flags, equipment.input, equipment.preload, output_.get(), log_.get()})),
      number_(++servers_started)
{
    servers.insert(pid());
}

bool watch_errno_in_every_test()
{
    return set_usual_library(errno_watch);
}

ServerProcess::ServerProcess(const Flags& flags, WithErrnoWatched)
    : ServerProcess(flags, {.preload = errno_watch}, StartOnly{})
{
    wait_until_it_listens();
    if (!errno_watch_in(pid()).empty()) {
        return;
    }
    if (is_graded()) { // it was built for this: its program takes libraries
        harness::fail("a server that runs as it was started",
                      "one that has rid itself of the library that watches its handlers");
    }
    skip("nothing can be preloaded into this server, so its handlers cannot be watched");
}

ServerProcess::ServerProcess(const Flags& flags) : ServerProcess(flags, -1) {}

ServerProcess::ServerProcess(const Flags& flags, int input)
    : ServerProcess(flags, {.input = input}, StartOnly{})
{
    wait_until_it_listens();
}

std::unique_ptr<ServerProcess> ServerProcess::start_only(const Flags& flags)
{
    return std::unique_ptr<ServerProcess>(new ServerProcess(flags, Equipment{}, StartOnly{}));
}

ServerProcess::~ServerProcess()
{
    kill_tree(pid());
    servers.erase(pid());
    if (servers.empty()) {
        kill_descendants(); // double forks: ours since their parents died
    }
    keep_log();
}

// Logs of a test with several servers stand in the order in which these were started.
void ServerProcess::keep_log()
{
    static std::map<int, std::string> logs;
    if (story().log.empty()) {
        logs.clear();
    }
    logs[number_] = output() + log();
    story().log.clear();
    int position = 0;
    for (const auto& [number, text] : logs) {
        ++position;
        story().log += logs.size() > 1 ? "(server " + std::to_string(position) + ")\n" : "";
        story().log += text;
    }
}

// "127.0.0.1:41234" or "[::1]:41234"; nothing when it is no address.
static std::optional<lab::Address> address_in(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
    if (error != std::errc() || end != digits.end() || port == 0) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    try {
        return lab::resolve(std::string(host), port);
    } catch (const std::runtime_error&) {
        return std::nullopt; // the line stands in the report
    }
}

// "listening on 127.0.0.1:41234": the whole line, or nothing yet.
bool ServerProcess::read_address()
{
    constexpr std::string_view words = "listening on ";
    const std::string text = output();
    const auto end = text.find('\n');
    if (end == std::string::npos) {
        return false;
    }
    const std::string line = text.substr(0, end);
    const auto address = line.starts_with(words)
                             ? address_in(std::string_view(line).substr(words.size()))
                             : std::nullopt;
    if (!address) {
        harness::fail("a first line on stdout like \"listening on 127.0.0.1:41234\"",
                      '"' + printable(line) + '"');
    }
    address_ = *address;
    return true;
}

void ServerProcess::wait_until_it_listens()
{
    eventually(
        *this, "the line \"listening on ADDRESS:PORT\" on stdout", [&] { return read_address(); },
        [&] { return output().empty() ? "nothing on stdout" : '"' + printable(output()) + '"'; });
    eventually(
        *this, "a socket that listens on the port it names", [&] { return listener().has_value(); },
        [&] { return "none on port " + port(); });
}

TestClient ServerProcess::connect(const std::string& name)
{
    return {*this, name};
}

std::vector<TestClient> ServerProcess::connect_many(std::size_t count)
{
    std::vector<TestClient> clients;
    for (std::size_t i = 1; i <= count; ++i) {
        clients.push_back(connect("client " + std::to_string(i)));
    }
    return clients;
}

void ServerProcess::signal(int number)
{
    step("sent SIG" + std::string(::sigabbrev_np(number)) + " to the server");
    ::kill(pid(), number);
}

void ServerProcess::freeze()
{
    step("stopped the server with SIGSTOP, so that what follows arrives all at once");
    stop();
}

void ServerProcess::interrupt()
{
    step("stopped the server and let it go on (SIGSTOP, SIGCONT): that interrupts its wait");
    stop();
    ::kill(pid(), SIGCONT);
}

void ServerProcess::stop()
{
    ::kill(pid(), SIGSTOP);
    eventually(
        *this, "the server in state T", [&] { return state_of(pid()) == 'T'; },
        [&] { return std::string("state ") + state_of(pid()); });
}

void ServerProcess::thaw()
{
    step("let the server go on");
    ::kill(pid(), SIGCONT);
}

std::vector<pid_t> ServerProcess::processes() const
{
    std::vector<pid_t> all{pid()};
    const auto below = descendants(pid());
    all.insert(all.end(), below.begin(), below.end());
    for (const pid_t orphan : children_of(process_.adopter())) {
        if (servers.contains(orphan) || ::waitpid(orphan, nullptr, WNOHANG) == orphan) {
            continue;
        }
        all.push_back(orphan);
        const auto more = descendants(orphan);
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

void ServerProcess::expect_bounded()
{
    if (descendants(pid()).size() > too_many_processes) {
        blame(
            "fork is called in a loop that never ends: after fork the child must not come back to "
            "it");
        harness::fail("a server with a process or so for each client",
                      "one that forks without end");
    }
}

Census ServerProcess::census()
{
    if (!shows_its_descriptors(pid())) {
        harness::fail("a server whose descriptors can be counted",
                      "one that has made its entries in /proc unreadable");
    }
    Census census;
    census.descriptors = descriptors_of(pid()).size();
    census.memory = virtual_memory_of(pid());
    for (const pid_t process : processes()) {
        const auto tasks = tasks_of(process);
        // The first thread may have ended, and others serve.
        const auto alive = static_cast<std::size_t>(std::ranges::count_if(
            tasks, [](const Task& task) { return task.state != 'Z' && task.state != 'X'; }));
        census.processes += alive == 0 ? 0 : 1;
        census.tasks += alive;
    }
    const auto children = children_of(pid());
    census.zombies = static_cast<std::size_t>(
        std::ranges::count_if(children, [](pid_t child) { return state_of(child) == 'Z'; }));
    return census;
}

void ServerProcess::expect_handler_watched()
{
    const auto memory = errno_watch_in(pid());
    const bool has_mark = std::ranges::any_of(memory, [](const std::string& line) {
        return line.find(" -w-p ") != std::string::npos; // as the library leaves it
    });
    if (is_graded() && catches(pid(), SIGCHLD) && !has_mark) { // in other languages there are ways
        harness::fail("a handler of SIGCHLD that was set by sigaction or signal",
                      "one that was set past them, by dlsym or syscall, where nobody can watch it");
    }
}

std::optional<SocketInfo> ServerProcess::listener()
{
    if (transport_of_servers() == Transport::udp) {
        return udp_socket_of(processes(), address_.port());
    }
    for (const SocketInfo& info : listening_sockets()) {
        if (info.local.port() == address_.port()) {
            return info;
        }
    }
    return std::nullopt;
}

std::size_t ServerProcess::depth()
{
    const auto info = listener();
    return info ? info->receive_queue : 0;
}

std::vector<SocketInfo> ServerProcess::sockets()
{
    return tcp_sockets(address_.port());
}

std::optional<SocketInfo> ServerProcess::connection_of(const TestClient& client)
{
    return tcp_connection(client.peer(), client.address());
}

// To no more than it was given: who has lowered his hard limit cannot be given it back.
rlim_t ServerProcess::change_limit(int resource, rlim_t value)
{
    try {
        return change_soft_limit(pid(), resource, value);
    } catch (const std::system_error&) {
        if (wait_for_death(Seconds(0))) {
            fail_because_dead("a server that goes on serving");
        }
        harness::fail("a server with the limits that it was given",
                      "one that has lowered them for good (setrlimit)");
    }
}

void ServerProcess::cap_descriptors()
{
    step("left the server no descriptor more than it has (RLIMIT_NOFILE)");
    int most = 0;
    for (const auto& descriptor : descriptors_of(pid())) {
        most = std::max(most, descriptor.number);
    }
    descriptors_before_ = change_limit(RLIMIT_NOFILE, static_cast<rlim_t>(most) + 1);
}

void ServerProcess::lift_descriptors()
{
    step("gave the server room for descriptors again");
    change_limit(RLIMIT_NOFILE, descriptors_before_);
}

void ServerProcess::make_room_for_threads()
{
    // Else it has the limit that all of this user's processes have.
    if (::geteuid() == 0 || has_jail()) {
        change_soft_limit(pid(), RLIMIT_NPROC, most_threads);
    }
}

void ServerProcess::cap_processes()
{
    step("left the server no process more than it has (RLIMIT_NPROC)");
    processes_before_ = change_limit(RLIMIT_NPROC, 1);
}

void ServerProcess::lift_processes()
{
    step("gave the server room for processes again");
    change_limit(RLIMIT_NPROC, processes_before_);
}

std::string ServerProcess::output() const
{
    return contents(output_.get());
}
std::string ServerProcess::log() const
{
    return contents(log_.get());
}

} // namespace harness
