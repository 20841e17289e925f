// A server under load, and what the load cost it.
#pragma once

#include "common/address.h"
#include "tests/harness/spawn.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace bench {

using lab::Seconds;

// Every wait of a load ends here: the servers are on this machine, whatever else it does.
constexpr Seconds patience{120};

// A server on a core of its own, from its first word until it has ended.
class Target {
public:
    // Starts it. Without `port` the server says where it listens; with it, its listener is awaited.
    explicit Target(const std::string& command, std::optional<std::uint16_t> port = {});
    // Ends it by SIGTERM: nothing of one try runs into the next.
    ~Target();
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

    [[nodiscard]] const lab::Address& address() const { return address_; }

    // Processor time so far, to the nanosecond, of all its threads, those that have ended included.
    [[nodiscard]] Seconds cpu_time() const;
    // Memory that is its own and of no file, in bytes.
    [[nodiscard]] std::size_t anonymous_memory() const;

private:
    lab::Address address_; // before the process, whose start fills it in
    harness::ChildProcess process_;
};

// What one unit of work (a request, a delivery …) took.
struct Cost {
    double cpu_us = 0;     // of the server's processor
    double per_second = 0; // of the clock on the wall
};

// From its making to cost().
class Meter {
public:
    explicit Meter(const Target& target);
    [[nodiscard]] Cost cost(int units) const;

private:
    const Target& target_;
    Seconds cpu_before_;
    std::chrono::steady_clock::time_point begin_;
};

} // namespace bench
