// core_bench BUILD FOLDER: labs 03 to 06 beside their yardsticks. tests/bench/core.sh calls it, in
// a network of its own; FOLDER holds nginx.conf and the folder `root` with megabyte.bin.
//
// Ours and theirs take turns (A B A B …) and the medians are compared. The figure is the processor
// time of the server alone, which has a core to itself; the load runs on another one.
// TRIES=5 how often; ONLY=text the rows whose names have it; SERVER_CORE=1, LOAD_CORE=0;
// ZEN_CLIENTS=16 at once in the rows of lab 03: an epoll loop gains by company, threads do not.
// What blocking threads cost at least, the rows beside bare ones tell.

#include "common/errors.h"
#include "tests/bench/loads.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <sched.h>
#include <unistd.h>

using namespace bench;

namespace {

constexpr std::uint16_t nginx_port = 8800; // stands in its configuration too
constexpr int idle_connections = 10'000;

struct Figure {
    double value = 0;
    std::string beside; // what else was seen
};

struct Contest {
    std::string row;
    std::string work;
    std::string unit;
    std::string theirs_is;
    std::string solution; // the file that must be there
    std::function<Figure()> ours;
    std::function<Figure()> theirs;
    std::string target;
    std::function<bool(double ours, double theirs)> met; // empty: there is no target
};

struct Result {
    double ours = 0;
    double theirs = 0;
    std::string trouble{}; // why there are no figures
    bool failed = false;   // and not because the lab is still to be written
};

std::string setting(const char* name, const char* otherwise)
{
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

Figure figure(const Cost& cost)
{
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%.0f/s, busy %.2f", cost.per_second,
                  cost.cpu_us * cost.per_second / 1e6);
    return {cost.cpu_us, text.data()};
}

// -- the web --------------------------------------------------------------------------------------

struct WebServer {
    std::string name;
    std::string command;
    std::optional<std::uint16_t> port;
};

// Both must send the same body, or the comparison says nothing; returns the bytes before it.
std::size_t header_length(const WebServer& web, const Target& server, const std::string& path,
                          const std::string& body)
{
    const std::string reply = http_reply(server, path);
    const std::size_t header = reply.find("\r\n\r\n") + 4;
    if (reply.substr(header) != body) {
        throw std::runtime_error(web.name + " sends another body for " + path);
    }
    return header;
}

Figure request_cost(const WebServer& web, const HttpLoad& load, const std::string& body)
{
    const Target server(web.command, web.port);
    const std::size_t header = header_length(web, server, load.path, body);
    Figure result = figure(http_load(server, load, body.size()));
    result.beside += ", " + std::to_string(header) + " + " + std::to_string(body.size()) + " bytes";
    return result;
}

const std::string greeting = "Hello from Epoll Server!";

Figure cost_beside_idle(const WebServer& web, int idle)
{
    const Target server(web.command, web.port);
    const IdleClients others(server, "/", idle);
    const HttpLoad load{"/", 1, 20'000, Connections::kept_alive};
    Figure result = figure(http_load(server, load, greeting.size()));
    others.check_all_open();
    return result;
}

Figure idle_memory(const WebServer& web)
{
    const Target server(web.command, web.port);
    const IdleClients first(server, "/", 1); // what the first one makes it allocate is not counted
    const std::size_t before = server.anonymous_memory();
    const IdleClients others(server, "/", idle_connections);
    const std::size_t after = server.anonymous_memory();
    others.check_all_open();
    const auto grown = static_cast<double>(after) - static_cast<double>(before);
    return {grown / idle_connections, std::to_string(after / 1024) + " KiB in all"};
}

std::string bytes_of(const std::string& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// -- targets --------------------------------------------------------------------------------------

using Verdict = std::function<bool(double, double)>;

Verdict at_most(double times)
{
    return [times](double ours, double theirs) { return ours <= theirs * times; };
}

std::vector<Contest> web_contests(const std::string& build, const std::string& folder)
{
    const std::string program = build + "/solutions/05-epoll-web/server";
    const std::string start = program + " --port 0 --log-level warning --idle-timeout 600";
    const WebServer ours{"ours", start, {}};
    const WebServer with_files{"ours", start + " --root " + folder + "/root", {}};
    const WebServer nginx{"nginx", "nginx -p " + folder + " -c " + folder + "/nginx.conf",
                          nginx_port};
    const std::string megabyte = bytes_of(folder + "/root/megabyte.bin");
    const HttpLoad tiny{"/", 64, 100'000, Connections::kept_alive};
    const HttpLoad short_lived{"/", 64, 20'000, Connections::one_a_request};
    const HttpLoad file{"/megabyte.bin", 16, 2'000, Connections::kept_alive};
    return {
        {"05-keep-alive", "05 keep-alive, 64 clients, tiny body", "us", "nginx", program,
         [=] { return request_cost(ours, tiny, greeting); },
         [=] { return request_cost(nginx, tiny, greeting); }, "<= 1/1.10", at_most(1 / 1.10)},
        {"05-connect", "05 one connection a request", "us", "nginx", program,
         [=] { return request_cost(ours, short_lived, greeting); },
         [=] { return request_cost(nginx, short_lived, greeting); }, "<= 1", at_most(1)},
        {"05-megabyte", "05 a 1 MB file", "us", "nginx", program,
         [=] { return request_cost(with_files, file, megabyte); },
         [=] { return request_cost(nginx, file, megabyte); }, "<= 1.1", at_most(1.1)},
        {"05-idle", "05 one client beside 10,000 idle", "us", "alone", program,
         [=] { return cost_beside_idle(ours, idle_connections); },
         [=] { return cost_beside_idle(ours, 0); }, "<= 1.15", at_most(1.15)},
        {"05-memory", "05 user memory an idle connection", "bytes", "nginx", program,
         [=] { return idle_memory(ours); }, [=] { return idle_memory(nginx); }, "512 bytes",
         [](double bytes, double) { return bytes <= 512; }},
    };
}

std::vector<Contest> zen_contests(const std::string& build)
{
    const std::string program = build + "/solutions/03-threads/server";
    const int clients = std::stoi(setting("ZEN_CLIENTS", "16"));
    const auto cost_of = [clients](const std::string& command) {
        return [clients, command] {
            const Target server(command);
            return figure(zen_load(server, clients, 5'000));
        };
    };
    const std::string ours = program + " --port 0 --log-level warning --model ";
    const auto theirs = cost_of(build + "/tests/bench/bare_epoll_zen");
    const auto bare_threads = build + "/tests/bench/bare_threads_zen";
    return {{"03-pool", "03 zen conversation, pool", "us", "epoll", program, cost_of(ours + "pool"),
             theirs, "<= 1.5", at_most(1.5)},
            {"03-pool-bare",
             "03 zen conversation, pool",
             "us",
             "bare pool",
             program,
             cost_of(ours + "pool"),
             cost_of(bare_threads + " pool"),
             "(none)",
             {}},
            {"03-per-connection", "03 zen conversation, per-connection", "us", "epoll", program,
             cost_of(ours + "per-connection"), theirs, "<= 2", at_most(2)},
            {"03-per-connection-bare",
             "03 zen conversation, per-connection",
             "us",
             "bare threads",
             program,
             cost_of(ours + "per-connection"),
             cost_of(bare_threads),
             "(none)",
             {}}};
}

Contest chat_contest(const std::string& build)
{
    const std::string program = build + "/solutions/04-select-chat/server";
    const auto deliveries = [](const std::string& command) {
        return [command] {
            const Target server(command);
            Figure result = figure(chat_load(server, {100, 10, 20}));
            result.value = 1e6 / result.value;
            return result;
        };
    };
    return {"04-chat",
            "04 deliveries a second, 100 members",
            "per CPU s",
            "a send each",
            program,
            deliveries(program + " --port 0 --log-level warning"),
            deliveries(build + "/tests/bench/naive_chat"),
            ">= 4",
            [](double ours, double theirs) { return ours >= theirs * 4; }};
}

Contest echo_contest(const std::string& build)
{
    const std::string program = build + "/solutions/06-udp-registry/server";
    const auto cost_of = [](const std::string& command) {
        return [command] {
            const Target server(command);
            return figure(udp_load(server, 256, 200'000));
        };
    };
    return {"06-echo",
            "06 32-byte echo, window 256",
            "us",
            "recvfrom",
            program,
            cost_of(program + " --plain --port 0 --log-level warning"),
            cost_of(build + "/tests/bench/bare_udp_echo"),
            "<= 1.2",
            at_most(1.2)};
}

// -- holding them ---------------------------------------------------------------------------------

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

Result measure(const Contest& contest, int tries)
{
    std::vector<double> ours;
    std::vector<double> theirs;
    for (int i = 1; i <= tries; ++i) {
        const Figure a = contest.ours();
        const Figure b = contest.theirs();
        ours.push_back(a.value);
        theirs.push_back(b.value);
        std::printf("%-22s try %d   ours %9.2f %s (%s)   %s %9.2f %s (%s)\n", contest.row.c_str(),
                    i, a.value, contest.unit.c_str(), a.beside.c_str(), contest.theirs_is.c_str(),
                    b.value, contest.unit.c_str(), b.beside.c_str());
    }
    return {median(ours), median(theirs)};
}

Result hold(const Contest& contest, int tries)
{
    if (::access(contest.solution.c_str(), X_OK) != 0) {
        return {0, 0, "not there: " + contest.solution, false};
    }
    try {
        return measure(contest, tries);
    } catch (const std::exception& error) {
        return {0, 0, std::string("NOT MEASURED: ") + error.what(), true};
    }
}

void print_row(const Contest& contest, const Result& result)
{
    if (!result.trouble.empty()) {
        std::printf("%-37s %s\n", contest.work.c_str(), result.trouble.c_str());
        return;
    }
    std::printf("%-37s %11.2f %11.2f %-9s %-12s %6.2f  %-9s  %s\n", contest.work.c_str(),
                result.ours, result.theirs, contest.unit.c_str(), contest.theirs_is.c_str(),
                result.ours / result.theirs, contest.target.c_str(),
                !contest.met                              ? ""
                : contest.met(result.ours, result.theirs) ? "met"
                                                          : "MISSED");
}

void print_table(const std::vector<Contest>& contests, const std::vector<Result>& results)
{
    std::printf("\n%-37s %11s %11s %-9s %-12s %6s  %-9s\n", "work", "ours", "theirs", "unit",
                "theirs is", "ratio", "target");
    for (std::size_t i = 0; i < contests.size(); ++i) {
        print_row(contests[i], results[i]);
    }
}

void use_core(int core)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    lab::check(::sched_setaffinity(0, sizeof(cores), &cores), "no core for the load");
}

std::vector<Contest> chosen_contests(const std::string& build, const std::string& folder)
{
    std::vector<Contest> contests = web_contests(build, folder);
    std::ranges::move(zen_contests(build), std::back_inserter(contests));
    contests.push_back(chat_contest(build));
    contests.push_back(echo_contest(build));
    const std::string only = setting("ONLY", "");
    std::string rows;
    for (const Contest& contest : contests) {
        rows += " " + contest.row;
    }
    std::erase_if(contests, [&](const Contest& contest) {
        return contest.row.find(only) == std::string::npos;
    });
    if (contests.empty()) {
        throw std::runtime_error("ONLY=" + only + " is in no row; there are:" + rows);
    }
    return contests;
}

} // namespace

int main(int argc, char* argv[])
{
    return lab::exit_status_of([&] {
        if (argc != 3) {
            throw std::runtime_error("usage: core_bench BUILD FOLDER");
        }
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        const auto contests = chosen_contests(argv[1], argv[2]);
        const int tries = std::stoi(setting("TRIES", "5"));
        use_core(std::stoi(setting("LOAD_CORE", "0")));
        std::vector<Result> results;
        results.reserve(contests.size());
        for (const Contest& contest : contests) {
            results.push_back(hold(contest, tries));
        }
        print_table(contests, results);
        if (std::ranges::any_of(results, [](const Result& result) { return result.failed; })) {
            throw std::runtime_error("not all could be measured");
        }
    });
}
