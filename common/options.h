// The command line that every server of the labs understands. CLI11, which reads it, is known to
// options.cpp alone.
#pragma once

#include "common/services/conversation.h"
#include "common/stop.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lab {

// What the flags say, or their defaults.
struct Options {
    std::string host = "127.0.0.1";    // empty: all interfaces
    std::optional<std::uint16_t> port; // nothing: the usual one of the service; 0: any free one
    int backlog = 0;                   // set to the system's most by the constructor of Flags
    Service service = Service::zen;
    Seconds think_time{0};   // pause before each reply
    Seconds idle_timeout{0}; // a client that is silent for so long is closed; 0: never

    // The port asked for, or the service's own: zen 1060, echo 8800, hello 8888.
    [[nodiscard]] std::uint16_t port_or_default() const;
};

// Fills in an Options from argv. A wrong flag or value ends the program with usage and reason on
// stderr, status 2; --help with status 0.
class Flags {
public:
    // Borrows both; `options` holds the defaults of this lab. For labs that talk about one of the
    // services: --host --port --log-level --service --think-time --idle-timeout --backlog.
    Flags(const std::string& description, Options& options);
    // For labs with a protocol of their own: --host --port --log-level, and what is added.
    Flags(const std::string& description, Options& options, std::uint16_t usual_port);
    ~Flags();
    Flags(const Flags&) = delete;
    Flags& operator=(const Flags&) = delete;

    // A flag of this lab alone. Each borrows `value`, which holds the default: a whole number of at
    // least `least`; a time in seconds; a text; one of these words; a switch, off until given.
    Flags& add(const std::string& name, int& value, int least, const std::string& help);
    Flags& add(const std::string& name, Seconds& value, const std::string& help);
    Flags& add(const std::string& name, std::string& value, const std::string& help);
    Flags& add(const std::string& name, std::string& value, const std::vector<std::string>& words,
               const std::string& help);
    Flags& add(const std::string& name, bool& value, const std::string& help);

    void parse(int argc, char* argv[]);

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
};

// The most connections that the kernel lets wait in a backlog (net.core.somaxconn).
int largest_backlog();

} // namespace lab
