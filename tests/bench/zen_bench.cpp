// zen_bench BUILD: processor time of a zen conversation, the solutions beside a bare program that
// makes the same system calls. `make bench-zen` calls it, built with MODE=release.
//
// Closed loop, one client on one core and the server on the other; the two take turns (A B A B …),
// and the medians are compared. The figure is the server's processor time, its children's included.

#include "common/address.h"
#include "common/clients/client.h"
#include "common/errors.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace harness;

namespace {

constexpr int tries = 7;
constexpr Seconds patience{30};

struct Contest {
    const char* name;
    int conversations;
    std::string solution;
    std::string bare;
};

// "listening on 127.0.0.1:41234" → 41234
std::uint16_t port_said_on(int pipe)
{
    std::array<char, 100> line{};
    pollfd ready{pipe, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1 || ::read(pipe, line.data(), line.size() - 1) <= 0) {
        throw std::runtime_error("the server did not say where it listens");
    }
    const std::string text = line.data();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
}

void converse(const lab::Address& server)
{
    const lab::Deadline deadline(patience);
    const UniqueFd socket = lab::connect_to(server, deadline);
    for (const char* question :
         {"Beautiful is better than?", "Explicit is better than?", "Simple is better than?"}) {
        lab::send_all(socket.get(), question, deadline);
        lab::receive_until(socket.get(), '.', 100, deadline);
    }
}

double seconds_of(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Microseconds of processor time a conversation.
double measure(const std::string& command, int conversations)
{
    std::array<int, 2> ends{};
    lab::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    const UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    Command start;
    start.arguments = split_command("taskset -c 1 " + command);
    start.output = writer.get();
    ChildProcess server = spawn(start);
    const lab::Address address = lab::resolve("127.0.0.1", port_said_on(reader.get()));
    for (int i = 0; i < conversations; ++i) {
        converse(address);
    }
    ::kill(server.pid(), SIGTERM);
    const auto status = server.wait(patience);
    if (!status) {
        throw std::runtime_error(command + " did not end");
    }
    return (seconds_of(status->usage.ru_utime) + seconds_of(status->usage.ru_stime)) * 1e6 /
           conversations;
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void hold(const Contest& contest)
{
    std::vector<double> solution;
    std::vector<double> bare;
    for (int i = 0; i < tries; ++i) {
        solution.push_back(measure(contest.solution, contest.conversations));
        bare.push_back(measure(contest.bare, contest.conversations));
        std::printf("%-10s try %d   solution %7.1f us   bare %7.1f us\n", contest.name, i + 1,
                    solution.back(), bare.back());
        std::fflush(stdout);
    }
    std::printf("%-10s median  solution %7.1f us   bare %7.1f us   ratio %.2f   (target: at most "
                "1.10)\n",
                contest.name, median(solution), median(bare), median(solution) / median(bare));
}

} // namespace

int main(int argc, char* argv[])
{
    return lab::exit_status_of([&] {
        const std::string build = argc > 1 ? argv[1] : "build/release";
        const std::string flags = "/server --port 0 --log-level warning";
        hold({"iterative", 4'000, build + "/solutions/01-iterative" + flags,
              build + "/tests/bench/bare_zen iterative"});
        hold({"fork", 1'500, build + "/solutions/02-fork" + flags,
              build + "/tests/bench/bare_zen fork"});
    });
}
