// Tries: threads without end
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("threads");
    int threads = 0;
    try {
        for (; threads < 5000; ++threads) {
            std::thread([] { ::pause(); }).detach();
        }
    } catch (const std::exception& error) {
        say(std::to_string(threads) + ": " + error.what());
    }
    if (threads >= 300) {
        say(std::to_string(threads) + " threads: DONE");
    }
}
