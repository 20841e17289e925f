// Tries: 4 GiB of shared memory of System V that nobody attaches
// Tests: any
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    std::size_t mebibytes = 0;
    for (int i = 0; i < 256; ++i) {
        const int id = ::shmget(IPC_PRIVATE, 16 << 20, IPC_CREAT | 0600);
        if (id == -1) {
            say(std::string("shmget: ") + std::strerror(errno));
            break;
        }
        void* const memory = ::shmat(id, nullptr, 0);
        if (memory == reinterpret_cast<void*>(-1)) {
            say(std::string("shmat: ") + std::strerror(errno));
            break;
        }
        std::memset(memory, 1, 16 << 20);
        ::shmdt(memory);
        mebibytes += 16;
    }
    say(std::to_string(mebibytes) + " MiB of System V" + (mebibytes >= 4096 ? ": DONE" : ""));
}
