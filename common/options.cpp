#include "common/options.h"

#include "common/command_line.h"
#include "common/joined.h"
#include "common/log.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include <sys/socket.h>

#include <CLI/CLI.hpp>

namespace lab {

namespace {

constexpr int many = 1'000'000; // no flag needs more

struct NamedService {
    std::string_view name;
    Service service;
    std::uint16_t port;
};

constexpr std::array<NamedService, 3> services{{
    {"zen", Service::zen, 1060},
    {"echo", Service::echo, 8800},
    {"hello", Service::hello, 8888},
}};

const NamedService& entry_of(Service service)
{
    return *std::ranges::find(services, service, &NamedService::service);
}

Service service_called(const std::string& name)
{
    const auto* const found = std::ranges::find(services, name, &NamedService::name);
    if (found == services.end()) {
        throw CLI::ValidationError("--service", "'" + name + "' is none of zen, echo, hello");
    }
    return found->service;
}

void log_at(const std::string& level)
{
    if (!set_log_level(level)) {
        throw CLI::ValidationError("--log-level", "'" + level +
                                                      "' is none of trace, debug, info, warning, "
                                                      "error, critical, off");
    }
}

// Of every server.
void add_place_and_log(CLI::App& app, Options& options, const std::string& usual_port)
{
    app.add_option("--host", options.host,
                   "address to listen on; \"\": all interfaces (default " + options.host + ")")
        ->type_name("ADDRESS");
    add_number(
        app, "--port", 0, 65'535,
        [&options](int port) { options.port = static_cast<std::uint16_t>(port); },
        "port to listen on; 0: any free one\n(default" + usual_port + ")");
    app.add_option_function<std::string>("--log-level", log_at,
                                         "what to log: trace, debug, info, warning, error,\n"
                                         "critical, off (default info)")
        ->type_name("LEVEL");
}

void add_service(CLI::App& app, Options& options)
{
    app.add_option_function<std::string>(
           "--service",
           [&options](const std::string& name) { options.service = service_called(name); },
           "what to talk about (default " + std::string(entry_of(options.service).name) + ")")
        ->type_name("zen|echo|hello");
    add_time(app, "--think-time", options.think_time, "pause before each reply");
    add_time(app, "--idle-timeout", options.idle_timeout,
             "close a client that is silent for so long; 0: never");
    add_number(
        app, "--backlog", 0, many, [&options](int clients) { options.backlog = clients; },
        "how many clients may wait to be accepted\n(default: the system's most, " +
            std::to_string(options.backlog) + ")");
}

} // namespace

struct Flags::Parser {
    explicit Parser(const std::string& description) : app(description) {}
    CLI::App app;
};

std::uint16_t Options::port_or_default() const
{
    return port.value_or(entry_of(service).port);
}

Flags::Flags(const std::string& description, Options& options)
    : parser_(std::make_unique<Parser>(description))
{
    options.backlog = largest_backlog();
    add_place_and_log(parser_->app, options,
                      ": the service's own: zen 1060, echo 8800, hello 8888");
    add_service(parser_->app, options);
}

Flags::Flags(const std::string& description, Options& options, std::uint16_t usual_port)
    : parser_(std::make_unique<Parser>(description))
{
    options.backlog = largest_backlog();
    options.port = usual_port;
    add_place_and_log(parser_->app, options, " " + std::to_string(usual_port));
}

Flags::~Flags() = default;

Flags& Flags::add(const std::string& name, int& value, int least, const std::string& help)
{
    add_number(
        parser_->app, name, least, many, [&value](int given) { value = given; },
        help + " (default " + std::to_string(value) + ")");
    return *this;
}

Flags& Flags::add(const std::string& name, Seconds& value, const std::string& help)
{
    add_time(parser_->app, name, value, help);
    return *this;
}

Flags& Flags::add(const std::string& name, std::string& value, const std::string& help)
{
    parser_->app.add_option(name, value, help)->type_name("TEXT");
    return *this;
}

Flags& Flags::add(const std::string& name, std::string& value,
                  const std::vector<std::string>& words, const std::string& help)
{
    const auto take = [&value, name, words](const std::string& given) {
        if (std::ranges::find(words, given) == words.end()) {
            throw CLI::ValidationError(name, "'" + given + "' is none of " + joined(words, ", "));
        }
        value = given;
    };
    parser_->app.add_option_function<std::string>(name, take, help + " (default " + value + ")")
        ->type_name(joined(words, "|"));
    return *this;
}

Flags& Flags::add(const std::string& name, bool& value, const std::string& help)
{
    parser_->app.add_flag(name, value, help);
    return *this;
}

void Flags::parse(int argc, char* argv[])
{
    parse_or_exit(parser_->app, argc, argv);
}

int largest_backlog()
{
    int most = SOMAXCONN;
    std::ifstream("/proc/sys/net/core/somaxconn") >> most;
    return most;
}

} // namespace lab
