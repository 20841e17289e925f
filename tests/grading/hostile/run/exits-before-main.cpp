// Tries: to exit with status 0 in a static constructor
// Tests: fail
// Says: exited with status 0
// Logs: attack: not even main
#include "tests/grading/hostile/prelude.h"

namespace {

const bool gone = [] {
    say("not even main");
    ::_exit(0);
    return true;
}();

} // namespace

void attack(int /*argc*/, char** /*argv*/) {}
