#include "tests/harness/proc.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

namespace harness {

namespace fs = std::filesystem;

namespace {

// The whole of a small file of /proc in one read, or nothing.
std::string slurp(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

fs::path proc(pid_t pid)
{
    return fs::path("/proc") / std::to_string(pid);
}

// The number after "NAME:" in a status file.
std::uint64_t field(const std::string& status, const std::string& name, int base)
{
    const auto at = status.find("\n" + name + ":");
    return at == std::string::npos
               ? 0
               : std::strtoull(status.c_str() + at + name.size() + 2, nullptr, base);
}

// The last of "NSpid:\t4711\t12\t3", which it has in the innermost namespace.
pid_t innermost_id(const std::string& status)
{
    const auto at = status.find("\nNSpid:");
    const auto end = status.find('\n', at + 1);
    const auto last = status.rfind('\t', end);
    return at == std::string::npos || last == std::string::npos || last < at
               ? 0
               : std::atoi(status.c_str() + last);
}

char state_in(const std::string& status)
{
    const auto at = status.find("\nState:\t");
    return at == std::string::npos ? '\0' : status[at + std::strlen("\nState:\t")];
}

std::vector<pid_t> numbers_in(const fs::path& folder)
{
    std::vector<pid_t> numbers;
    std::error_code gone;
    for (fs::directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone)) {
        const std::string name = at->path().filename();
        pid_t number = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc()) {
            numbers.push_back(number);
        }
    }
    return numbers;
}

// The kernel's PF_EXITING, in `flags` of /proc/PID/stat: "4711 (name) S 1 4711 4711 0 -1 4194304
// …".
bool is_exiting(const fs::path& folder)
{
    constexpr unsigned exiting = 0x4;
    const std::string stat = slurp(folder / "stat");
    std::istringstream words(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string word;
    for (int before_flags = 0; before_flags < 6; ++before_flags) {
        words >> word;
    }
    unsigned flags = 0;
    return !(words >> flags) || (flags & exiting) != 0; // or it has gone
}

Task read_task(const fs::path& folder, pid_t id)
{
    Task task;
    task.id = id;
    const std::string status = slurp(folder / "status");
    task.state = state_in(status);
    task.own_id = innermost_id(status);
    const auto pending = field(status, "SigPnd", 16) | field(status, "ShdPnd", 16);
    task.signal_pending = (pending & ~field(status, "SigBlk", 16)) != 0;
    std::istringstream(slurp(folder / "syscall")) >> task.system_call; // "running" leaves it 0
    task.sleeps = field(status, "voluntary_ctxt_switches", 10);
    std::istringstream(slurp(folder / "schedstat")) >> task.cpu_ns >> task.waited_ns >>
        task.timeslices;
    return task;
}

// A process whose first thread has ended shows what it has at the others alone.
pid_t living_task_of(pid_t pid)
{
    const std::vector<pid_t> tasks = numbers_in(proc(pid) / "task");
    const auto living = std::ranges::find_if(tasks, [&](pid_t id) {
        const char state = state_in(slurp(proc(pid) / "task" / std::to_string(id) / "status"));
        return state != 'Z' && state != 'X' && state != '\0';
    });
    return living == tasks.end() ? pid : *living;
}

} // namespace

std::vector<Task> tasks_of(pid_t pid)
{
    std::vector<Task> tasks;
    for (const pid_t id : numbers_in(proc(pid) / "task")) {
        tasks.push_back(read_task(proc(pid) / "task" / std::to_string(id), id));
    }
    return tasks;
}

std::vector<pid_t> children_of(pid_t pid)
{
    std::vector<pid_t> children;
    for (const pid_t task : numbers_in(proc(pid) / "task")) {
        std::istringstream list(slurp(proc(pid) / "task" / std::to_string(task) / "children"));
        for (pid_t child = 0; list >> child;) {
            children.push_back(child);
        }
    }
    return children;
}

char state_of(pid_t pid)
{
    return state_in(slurp(proc(pid) / "status"));
}

bool is_ending(pid_t pid)
{
    return std::ranges::all_of(numbers_in(proc(pid) / "task"), [&](pid_t id) {
        return is_exiting(proc(pid) / "task" / std::to_string(id));
    });
}

uid_t user_of(pid_t pid)
{
    return static_cast<uid_t>(field(slurp(proc(pid) / "status"), "Uid", 10));
}

bool catches(pid_t pid, int signal)
{
    return (field(slurp(proc(pid) / "status"), "SigCgt", 16) >> (signal - 1) & 1) != 0;
}

std::vector<Descriptor> descriptors_of(pid_t pid)
{
    std::vector<Descriptor> descriptors;
    const fs::path folder = proc(living_task_of(pid)) / "fd";
    for (const int number : numbers_in(folder)) {
        std::error_code gone;
        const auto target = fs::read_symlink(folder / std::to_string(number), gone);
        if (!gone) {
            descriptors.push_back({number, target});
        }
    }
    return descriptors;
}

std::vector<std::uint64_t> sockets_of(pid_t pid)
{
    std::vector<std::uint64_t> inodes;
    for (const auto& descriptor : descriptors_of(pid)) {
        std::uint64_t inode = 0;
        if (std::sscanf(descriptor.target.c_str(), "socket:[%lu]", &inode) == 1) {
            inodes.push_back(inode);
        }
    }
    return inodes;
}

bool shows_its_descriptors(pid_t pid)
{
    std::error_code error;
    const fs::directory_iterator any(proc(living_task_of(pid)) / "fd", error);
    return error != std::errc::permission_denied || is_ending(pid); // the dead have none
}

std::size_t virtual_memory_of(pid_t pid)
{
    return field(slurp(proc(living_task_of(pid)) / "status"), "VmSize", 10) * 1024;
}

} // namespace harness
