// Tries: to find a secret in the environment, its own or another's
// Quick: yes
#include "tests/grading/hostile/prelude.h"

#include <algorithm>

void attack(int /*argc*/, char** /*argv*/)
{
    for (char** entry = environ; *entry != nullptr; ++entry) {
        say(std::string("my environment has ") + *entry);
    }
    for (const pid_t pid : all_processes()) {
        std::string text = read_file("/proc/" + std::to_string(pid) + "/environ");
        std::replace(text.begin(), text.end(), '\0', ' ');
        say("that of " + std::to_string(pid) + " has " + text);
    }
}
