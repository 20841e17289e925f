// The server under test, built with ThreadSanitizer. It sees a data race by its cause, two threads
// at one place in memory and nothing that puts them in order, whether or not harm was done.
#pragma once

#include "tests/harness/spawn.h"

#include <string>

namespace harness {

class ServerProcess;

// As the driver was told: the command that starts it; when that is empty, why there is none.
void set_tsan_command(const std::string& command, const std::string& why_none);
// What the server's source hides from it, as a sentence; empty: nothing.
void set_hidden_code(const std::string& what);

// While it lives, that command starts the servers.
class WithThreadSanitizer {
public:
    // Skips the test when there is none; fails when code is hidden from it.
    WithThreadSanitizer();
    ~WithThreadSanitizer();
    WithThreadSanitizer(const WithThreadSanitizer&) = delete;
    WithThreadSanitizer& operator=(const WithThreadSanitizer&) = delete;

private:
    std::string usual_command_;
};

// What ThreadSanitizer said first, on one line, in short: the kind, and the places in the code.
// Empty when it said nothing.
std::string first_finding(const std::string& log);

// Ends the server by SIGTERM; fails when ThreadSanitizer has found something.
void expect_no_finding(ServerProcess& server);

} // namespace harness
