// What the command lines of servers and clients have in common. CLI11, which reads them, stays out
// of every header: whoever calls these functions includes it.
//
// Numbers are parsed here: CLI11 alone would take "010" for 8, "true" for 1 and NaN for a time.
#pragma once

#include "common/stop.h"

#include <cstdint>
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace lab {

// A flag that takes a whole number in decimal; `take` is called with it when the flag is given.
void add_number(CLI::App& app, const std::string& name, int least, int most,
                const std::function<void(int)>& take, const std::string& help);

// A flag that takes a time in seconds, from 0 to a day, a fraction allowed: "0.5". Borrows `time`,
// whose value is the default.
void add_time(CLI::App& app, const std::string& name, Seconds& time, const std::string& help);

// What every client is told: HOST and -p, --port. Borrows both; `port` holds the default.
void add_server(CLI::App& app, std::string& host, std::uint16_t& port);

// Reads argv; of a flag that is given twice, the last one counts. What is wrong goes to stderr with
// the usage, and ends the program with status 2;
// --help goes to stdout and ends it with 0.
void parse_or_exit(CLI::App& app, int argc, const char* const* argv);

} // namespace lab
