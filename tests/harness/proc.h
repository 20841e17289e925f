// What the kernel says of a process (proc(5)). A process that has gone reads as absent, never as an
// error: it may go at any moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace harness {

// One thread, read once.
struct Task {
    pid_t id = 0;
    pid_t own_id = 0;      // as the thread itself knows it (gettid): another one in a pid namespace
    char state = '?';      // R S D T Z …
    long system_call = -1; // that it is blocked in; -1: none, or running
    std::uint64_t cpu_ns = 0;     // time on a processor so far
    std::uint64_t waited_ns = 0;  // time ready to run, and without one; told when a wait is over
    std::uint64_t timeslices = 0; // how often it got one
    std::uint64_t sleeps = 0;     // how often it went to sleep of its own accord
    bool signal_pending = false;  // one that it does not block: it will run
};

std::vector<Task> tasks_of(pid_t pid);
std::vector<pid_t> children_of(pid_t pid);
// State of the process: 'Z' a zombie, 0 when there is none of that number.
char state_of(pid_t pid);

// True from before it closes its descriptors when it exits or is killed, so whoever sees a
// connection of its end by that sees this too. Also when there is none of that number.
bool is_ending(pid_t pid);

uid_t user_of(pid_t pid); // its real user

// With a handler of its own.
bool catches(pid_t pid, int signal);

// Open descriptors, and what each refers to: "socket:[4711]".
struct Descriptor {
    int number = 0;
    std::string target;
};
std::vector<Descriptor> descriptors_of(pid_t pid);
// Not so for one that has seen to it (PR_SET_DUMPABLE): others then read a list without entries.
bool shows_its_descriptors(pid_t pid);
// Inode numbers of the sockets among them.
std::vector<std::uint64_t> sockets_of(pid_t pid);

std::size_t virtual_memory_of(pid_t pid); // VmSize, in bytes; 0 when gone

} // namespace harness
