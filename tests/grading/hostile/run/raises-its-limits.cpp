// Tries: to raise the limits that it was given, and its rank
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    for (const auto& [name, which] :
         {std::pair{"processes", RLIMIT_NPROC}, std::pair{"memory", RLIMIT_AS},
          std::pair{"file size", RLIMIT_FSIZE}, std::pair{"processor", RLIMIT_CPU},
          std::pair{"locked memory", RLIMIT_MEMLOCK}}) {
        rlimit limit{};
        ::getrlimit(which, &limit);
        if (limit.rlim_max == RLIM_INFINITY) {
            say(std::string(name) + " has no limit: DONE");
        } else {
            limit.rlim_max += 1;
            tried(std::string("more ") + name, ::setrlimit(which, &limit));
        }
    }
    tried("a higher rank", ::setpriority(PRIO_PROCESS, 0, -10));
    const sched_param first{50};
    tried("real time", ::sched_setscheduler(0, SCHED_FIFO, &first));
}
