// Tries: to keep a test busy beyond its time, which costs no points, by an answer that never ends
// Only: RestartsOnTheSamePort
// Tests: fail
// Says: late again and again
#include "tests/grading/hostile/prelude.h"

// Sends a byte now and then, each of them in time.
[[noreturn]] void drip(int listener)
{
    for (;;) {
        const int client = ::accept(listener, nullptr, nullptr);
        while (::send(client, ".", 1, MSG_NOSIGNAL) == 1) {
            ::usleep(20'000);
        }
        ::close(client);
    }
}

void attack(int /*argc*/, char** /*argv*/)
{
    say("sending without end");
    drip(listen_as_told());
}
