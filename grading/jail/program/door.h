// The ways into a pod and a jail, and what waits inside. Plain functions, few includes: this is
// linked statically and started for every server of every test.
#pragma once

#include <string>
#include <vector>

#include <sys/resource.h>

namespace jail {

struct Limit {
    __rlimit_resource resource;
    rlimit value;
};

struct Request {
    std::string jail;                       // the folder that grade has prepared
    std::string scratch;                    // what may be written to, in memory
    int report = -1;                        // a socket for the warden's messages
    std::vector<std::string> environment{}; // "NAME=value"
    std::vector<std::string> shown{};       // files, read-only
    std::vector<Limit> limits{};
    std::vector<std::string> command{};
};

// Throws std::invalid_argument for flags that are none, or without a command.
Request parse(const std::vector<std::string>& arguments);

// These do not come back: they throw std::system_error, which names what failed.
[[noreturn]] void become_pod(const Request& request);
[[noreturn]] void become_jail(const Request& request);
[[noreturn]] void become_bare(const Request& request);

// Sets them, as far as this process may; false when one is refused.
bool apply(const std::vector<Limit>& limits);

// The warden's life. Its exit status, if it ends by itself, is the program's, as a shell tells it.
int keep(const Request& request);

} // namespace jail
