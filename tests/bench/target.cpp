#include "tests/bench/target.h"

#include "common/clients/client.h"
#include "common/errors.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace bench {

namespace {

using harness::ChildProcess;
using lab::UniqueFd;

std::string server_core()
{
    const char* chosen = std::getenv("SERVER_CORE");
    return chosen != nullptr ? chosen : "1";
}

ChildProcess start(const std::string& command, int output)
{
    harness::Command server;
    server.arguments = harness::split_command("taskset -c " + server_core() + " " + command);
    server.output = output;
    server.errors = STDERR_FILENO;
    return harness::spawn(server);
}

// "listening on 127.0.0.1:41234" → 41234
std::uint16_t port_said_on(int pipe, const std::string& command)
{
    std::array<char, 200> line{};
    pollfd ready{pipe, POLLIN, 0};
    if (::poll(&ready, 1, 30'000) != 1 || ::read(pipe, line.data(), line.size() - 1) <= 0) {
        throw std::runtime_error("did not say where it listens: " + command);
    }
    const std::string text = line.data();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

void await_listener(const lab::Address& address, ChildProcess& server)
{
    const lab::Deadline deadline(Seconds(30));
    for (;;) {
        try {
            lab::connect_to(address, deadline);
            return;
        } catch (const std::system_error& error) {
            if (error.code() != std::errc::connection_refused || server.status() ||
                deadline.poll_timeout() == 0) {
                throw;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
}

ChildProcess start_and_locate(const std::string& command, std::optional<std::uint16_t> port,
                              lab::Address& address)
{
    std::array<int, 2> ends{};
    lab::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    const UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    ChildProcess process = start(command, port ? -1 : writer.get());
    address = lab::resolve("127.0.0.1", port ? *port : port_said_on(reader.get(), command));
    if (port) {
        await_listener(address, process);
    }
    return process;
}

} // namespace

Target::Target(const std::string& command, std::optional<std::uint16_t> port)
    : process_(start_and_locate(command, port, address_))
{
}

Target::~Target()
{
    ::kill(process_.pid(), SIGTERM);
    (void)process_.wait(patience); // if it does not listen to that, ~ChildProcess kills it
}

Seconds Target::cpu_time() const
{
    clockid_t clock = 0;
    timespec time{};
    if (::clock_getcpuclockid(process_.pid(), &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
        throw std::runtime_error("the server has ended under load");
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// RssAnon of /proc/PID/status, but exact: that one is counted in batches of 64 pages.
std::size_t Target::anonymous_memory() const
{
    std::ifstream rollup("/proc/" + std::to_string(process_.pid()) + "/smaps_rollup");
    std::string word;
    std::size_t kilobytes = 0;
    while (rollup >> word) {
        if (word == "Anonymous:" && rollup >> kilobytes) {
            return kilobytes * 1024;
        }
    }
    throw std::runtime_error("no Anonymous: in the server's smaps_rollup");
}

Meter::Meter(const Target& target)
    : target_(target), cpu_before_(target.cpu_time()), begin_(std::chrono::steady_clock::now())
{
}

Cost Meter::cost(int units) const
{
    const Seconds wall = std::chrono::steady_clock::now() - begin_;
    const Seconds cpu = target_.cpu_time() - cpu_before_;
    return {cpu.count() * 1e6 / units, units / wall.count()};
}

} // namespace bench
