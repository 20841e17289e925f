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
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener, 5);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    say("answering late");
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    echo_late(listener);
}
