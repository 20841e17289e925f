#include "common/errors.h"
#include "common/unique_fd.h"
#include "tests/grading/hostile/cage.h"
#include "tests/harness/proc.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace hostile {

namespace fs = std::filesystem;
using lab::check;
using lab::UniqueFd;

namespace {

UniqueFd listener(const sockaddr* address, socklen_t length)
{
    UniqueFd socket(check(
        ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    check(::bind(socket.get(), address, length), "bind");
    check(::listen(socket.get(), 16), "listen");
    return socket;
}

UniqueFd neighbours_port()
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(neighbour_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listener(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

UniqueFd neighbours_socket()
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string_view name = neighbour_name;
    std::ranges::copy(name, address.sun_path + 1); // a leading zero: abstract
    const auto length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    return listener(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length));
}

std::set<std::string> names_in(const fs::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        names.insert(entry.path().string());
    }
    return names;
}

std::set<std::string> lines_of(const fs::path& file)
{
    std::set<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        lines.insert(line);
    }
    return lines;
}

// Everything in this cage that could be there afterwards and was not before.
std::set<std::string> things()
{
    std::set<std::string> all;
    for (const char* const folder : {"/tmp", "/dev/shm", "/dev/mqueue"}) {
        if (fs::exists(folder)) {
            all.merge(names_in(folder));
            // The harness's own: which process has which port.
            std::erase_if(all,
                          [](const auto& name) { return name.starts_with("/tmp/lab-ports-"); });
        }
    }
    for (const char* const kind : {"shm", "sem", "msg"}) {
        for (const std::string& line : lines_of(std::string("/proc/sysvipc/") + kind)) {
            all.insert(std::string("System V ") + kind + " " + line);
        }
    }
    return all;
}

// State 0A is LISTEN; the second column has the port.
std::set<std::string> listening_ports()
{
    std::set<std::string> ports;
    for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        for (const std::string& line : lines_of(table)) {
            std::istringstream words(line);
            std::string number;
            std::string local;
            std::string remote;
            std::string state;
            if (words >> number >> local >> remote >> state && state == "0A") {
                ports.insert(
                    "a port that listens: " +
                    std::to_string(std::stoi(local.substr(local.find(':') + 1), nullptr, 16)));
            }
        }
    }
    return ports;
}

std::set<std::string> processes(pid_t bystander)
{
    std::set<std::string> all;
    for (const std::string& path : names_in("/proc")) {
        const pid_t pid = std::atoi(path.substr(std::strlen("/proc/")).c_str());
        const bool known = pid <= 1 || pid == ::getpid() || pid == bystander;
        const char state = known ? 'Z' : harness::state_of(pid);
        if (state != 'Z' && state != 0) {
            const auto command = lines_of(path + "/cmdline");
            all.insert("a process: " + std::to_string(pid) + " " +
                       (command.empty() ? "" : harness::printable(*command.begin()).substr(0, 60)));
        }
    }
    return all;
}

void add_new(std::vector<std::string>& list, const std::set<std::string>& before,
             const std::set<std::string>& after)
{
    std::ranges::set_difference(after, before, std::back_inserter(list));
}

int run(const fs::path& out, const std::vector<std::string>& grader)
{
    const auto file = [&](const char* name) {
        return UniqueFd(check(
            ::open((out / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), name));
    };
    const UniqueFd output = file("stdout");
    const UniqueFd errors = file("stderr");
    harness::Command command{.arguments = grader, .directory = {}};
    command.more_environment = {std::string(secret_in_environment) + "=" + secret};
    command.output = output.get();
    command.errors = errors.get();
    harness::ChildProcess process = harness::spawn(command);
    const auto status = process.wait(harness::Seconds(3600)); // whoever runs the cage has less time
    return status ? status->code + 256 * status->signal : -1;
}

// Was somebody there?
bool was_met(const UniqueFd& listener)
{
    return UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() != -1;
}

} // namespace

int watch(const fs::path& out, const std::vector<std::string>& grader)
{
    harness::become_subreaper();
    // Root's bubblewrap covers parts of /proc, and then the kernel lets nobody mount another one in
    // a namespace below. Refused where the cage is to allow no mount.
    ::mount("proc", "/proc", "proc", 0, nullptr);
    const UniqueFd port = neighbours_port();
    const UniqueFd name = neighbours_socket();
    harness::Command command{.arguments = {"sleep", "infinity"}, .directory = {}};
    command.more_environment = {std::string(secret_in_environment) + "=" + secret};
    command.drop_root = true;
    harness::ChildProcess bystander = harness::spawn(command);
    const auto before = things();
    const auto ports_before = listening_ports();

    const auto start = std::chrono::steady_clock::now();
    const int status = run(out, grader);
    const harness::Seconds seconds = std::chrono::steady_clock::now() - start;

    std::vector<std::string> left_over;
    add_new(left_over, {}, processes(bystander.pid()));
    add_new(left_over, before, things());
    add_new(left_over, ports_before, listening_ports());
    if (was_met(port)) {
        left_over.emplace_back("a connection to somebody else's port");
    }
    if (was_met(name)) {
        left_over.emplace_back("a connection to somebody else's abstract socket");
    }
    if (bystander.status()) {
        left_over.emplace_back("a process of somebody else's that was killed");
    }
    const nlohmann::json object = {
        {"status", status}, {"seconds", seconds.count()}, {"left_over", left_over}};
    harness::write_atomically(out / "observations.json", object.dump(2));
    return 0;
}

} // namespace hostile
