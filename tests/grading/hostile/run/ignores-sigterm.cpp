// Tries: to ignore every signal that can be ignored
// Only: StopsWhenAsked
// Tests: any
// Says: did not end|still runs|SIGTERM
#include "tests/grading/hostile/prelude.h"

// The solution sets its own handlers afterwards: a thread keeps taking them back.
void attack(int /*argc*/, char** /*argv*/)
{
    say("deaf");
    std::thread([] {
        for (;;) {
            for (int signal = 1; signal < 65; ++signal) {
                std::signal(signal, SIG_IGN);
            }
            ::usleep(1000);
        }
    }).detach();
}
