// Tries: to print without end, on both streams
// Tests: fail
// Says: left out
// Logs: spam
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    const std::string block(1 << 16, 's');
    for (;;) {
        std::fputs("spam and eggs ", stdout);
        std::fputs(block.c_str(), stdout);
        std::fputs("spam and eggs ", stderr);
        std::fputs(block.c_str(), stderr);
    }
}
