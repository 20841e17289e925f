// Tries: to keep a test busy beyond its time, which costs no points; each answer is in time
// Only: EchoesAnyLength
// Tests: fail
// Says: late again and again
#include "tests/grading/hostile/prelude.h"

[[noreturn]] void echo_late(int listener)
{
    for (;;) {
        const int client = ::accept(listener, nullptr, nullptr);
        std::array<char, 65'536> bytes;
        for (ssize_t n = 0; (n = ::recv(client, bytes.data(), bytes.size(), 0)) > 0;) {
            ::usleep(2'900'000);
            ::send(client, bytes.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL);
        }
        ::close(client);
    }
}

void attack(int /*argc*/, char** /*argv*/)
{
    say("answering late");
    echo_late(listen_as_told());
}
