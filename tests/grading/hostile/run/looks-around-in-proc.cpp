// Tries: to see the driver, the grader and others in /proc
// Tiers: AB
#include "tests/grading/hostile/prelude.h"

// The jail has its own process 1 and this server: whoever else shows is too much.
void attack(int /*argc*/, char** /*argv*/)
{
    for (const pid_t pid : all_processes()) {
        const std::string folder = "/proc/" + std::to_string(pid);
        say(std::to_string(pid) + " is " + read_file(folder + "/comm"));
        if (read_file(folder + "/cmdline").find("--gtest_filter") != std::string::npos) {
            say("the driver's command line: DONE");
        }
        for (const char* const link : {"/root", "/cwd", "/exe"}) {
            std::array<char, 4096> target{};
            if (pid != ::getpid() &&
                ::readlink((folder + link).c_str(), target.data(), target.size()) > 0) {
                const bool outside =
                    std::string_view(target.data()) != "/" &&
                    std::string_view(target.data()).find("bwrap") == std::string_view::npos;
                say(folder + link + " is " + target.data() + (outside ? ": DONE" : ""));
            }
        }
        if (pid != ::getpid()) {
            steal(folder + "/root" + root + "/solutions/01-iterative/server.cpp");
        }
    }
    tried("open memory of process 1", ::open("/proc/1/mem", O_RDWR));
}
