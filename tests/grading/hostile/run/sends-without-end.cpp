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
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener, 5);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    say("sending without end");
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    drip(listener);
}
