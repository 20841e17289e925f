// How servers under test are started: what this driver was told, and the same for all of them.
#pragma once

#include "tests/harness/spawn.h"

#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

namespace harness {

// The command that starts the server under test, as the driver was told. Returns the one before.
std::string set_server_command(const std::string& command);

// As which user servers run, when we are root; else one of the harness's own choice. Returns the
// one before.
std::optional<uid_t> set_server_user(std::optional<uid_t> user);
// How to start servers in a jail (harness::Command); empty, as at first: in none.
void set_jail(const std::vector<std::string>& command);
bool has_jail();
// In a jail, or as another user: the grader has built the server, and knows what it can do.
bool is_graded();
// "NAME=value" for every server that is started from now on, besides what all get.
void set_server_environment(const std::vector<std::string>& entries);

// A flag and its value that every server of this driver is started with, unless the test gives it
// itself. To be called before the tests run; returns true.
bool set_usual_flag(const std::string& flag, const std::string& value);

// Where the libraries are that servers are started with: a folder that they may read. Without it:
// that of this program.
void set_library_folder(const std::string& folder);

// A library, by its name, that every server which was built here (is_graded) is started with. To be
// called before the tests run; returns true.
bool set_usual_library(const std::string& library);

// What the servers of this driver wait for: connections, as long as nothing else is said, or
// datagrams. To be called before the tests run; returns true.
enum class Transport { tcp, udp };
bool set_transport(Transport transport);
Transport transport_of_servers();

constexpr rlim_t most_threads = 2'500; // where a test has a thousand clients: one each is right

// What a server is started with. The descriptors are borrowed.
struct Launch {
    std::vector<std::string> flags;
    int input = -1;        // -1: /dev/null
    std::string preload{}; // the name of a library, if any
    int output = -1;
    int errors = -1;
};
ChildProcess start_server(const Launch& launch);

} // namespace harness
