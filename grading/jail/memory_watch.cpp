#include "grading/jail/memory_watch.h"

#include "tests/harness/proc.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

namespace grading {

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::uint64_t worth_a_look = 256U << 20U; // bytes of free memory lost
constexpr auto at_the_latest = std::chrono::milliseconds(500);

struct Process {
    pid_t parent = 0;
    uid_t user = 0;
    std::uint64_t memory = 0;
    std::vector<pid_t> numbers; // one for each namespace: ours, …, its own
};

using Processes = std::map<pid_t, Process>;

std::string contents_of(const std::string& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

// What stands after "NAME:" in a file of /proc, up to the end of its line. A process gives itself
// any name that it likes, which stands in the first line: only a line's beginning is a field's.
std::string field(const std::string& text, const std::string& name)
{
    const auto at = ("\n" + text).find("\n" + name + ":");
    const auto begin = at + name.size() + 1;
    return at == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

std::uint64_t kilobytes(const std::string& text, const std::string& name)
{
    return std::strtoull(field(text, name).c_str(), nullptr, 10) * 1024;
}

// Pages of files, which many share and the kernel can drop, do not count.
Process process_from(const std::string& status)
{
    Process process;
    process.parent = std::atoi(field(status, "PPid").c_str());
    process.user = static_cast<uid_t>(std::atoi(field(status, "Uid").c_str()));
    process.memory = kilobytes(status, "RssAnon") + kilobytes(status, "RssShmem");
    std::istringstream numbers(field(status, "NSpid"));
    for (pid_t number = 0; numbers >> number;) {
        process.numbers.push_back(number);
    }
    return process;
}

// In this folder, /proc or a pod's own.
Processes processes_in(const fs::path& folder)
{
    Processes all;
    std::error_code gone;
    for (fs::directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone)) {
        const std::string name = at->path().filename();
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec == std::errc()) {
            all.emplace(pid, process_from(contents_of(at->path().string() + "/status")));
        }
    }
    return all;
}

// Is it in a jail of this pod, which is two namespaces below the pod's first process?
bool is_jailed_in(const Processes& all, pid_t pid, pid_t pod)
{
    const auto first = all.find(pod);
    const auto process = all.find(pid);
    if (first == all.end() || process->second.numbers.size() != first->second.numbers.size() + 2) {
        return false;
    }
    for (auto at = process; at != all.end(); at = all.find(at->second.parent)) {
        if (at->first == pod) {
            return true;
        }
    }
    return false;
}

// Sizes of shared mappings of no file, by their inodes. A line of them:
// "7f…-7f… rw-s 00000000 00:01 1048   /dev/zero (deleted)".
void add_shared_mappings(const std::string& maps, std::map<std::string, std::uint64_t>& sizes)
{
    std::istringstream lines(maps);
    for (std::string line; std::getline(lines, line);) {
        if (!line.ends_with("/dev/zero (deleted)")) {
            continue;
        }
        std::istringstream words(line);
        std::string range;
        std::string word;
        std::string inode;
        words >> range >> word >> word >> word >> inode;
        const auto dash = range.find('-');
        sizes[inode] = std::max<std::uint64_t>(sizes[inode],
                                               std::stoull(range.substr(dash + 1), nullptr, 16) -
                                                   std::stoull(range.substr(0, dash), nullptr, 16));
    }
}

// What those processes of a folder, /proc or a pod's own, use that are meant. With `hidden`, shared
// memory counts as it is mapped: its pages are there, though no process need have them any more
// (MADV_DONTNEED).
std::uint64_t used_in(const fs::path& folder, bool hidden,
                      const std::function<bool(const Process&)>& is_meant)
{
    std::uint64_t used = 0;
    std::map<std::string, std::uint64_t> shared;
    for (const auto& [pid, process] : processes_in(folder)) {
        if (!is_meant(process)) {
            continue;
        }
        used += process.memory;
        if (hidden) {
            add_shared_mappings(contents_of((folder / std::to_string(pid) / "maps").string()),
                                shared);
        }
    }
    for (const auto& [inode, size] : shared) {
        used += size;
    }
    return used;
}

// All that is in jails of this pod. Its own /proc is short: ours may be long.
std::uint64_t used_in_jails(pid_t pod, bool hidden)
{
    std::uint64_t used = 0;
    for (const pid_t first : harness::children_of(pod)) {
        used += used_in("/proc/" + std::to_string(first) + "/root/proc", hidden,
                        [](const Process& process) { return process.numbers.size() > 1; });
    }
    return used;
}

std::uint64_t used_by(uid_t user, bool hidden)
{
    return used_in("/proc", hidden, [=](const Process& process) { return process.user == user; });
}

// With the first process of a jail, which is among them, all of it ends.
void kill_strangers(const std::function<bool(const Processes&, pid_t)>& is_one)
{
    const Processes all = processes_in("/proc");
    for (const auto& [pid, process] : all) {
        if (is_one(all, pid)) {
            ::kill(pid, SIGKILL);
        }
    }
}

} // namespace

std::vector<pid_t> MemoryWatch::look(const std::vector<pid_t>& pods)
{
    const auto now = Clock::now();
    const std::string machine = contents_of("/proc/meminfo");
    const std::uint64_t free = kilobytes(machine, "MemAvailable");
    if (free + worth_a_look > free_ && now - looked_ < at_the_latest) {
        free_ = std::max(free_, free);
        return {};
    }
    free_ = free;
    looked_ = now;
    const std::uint64_t shared = kilobytes(machine, "Shmem");
    shared_at_first_ = shared_at_first_.value_or(shared);
    const bool hidden = shared > *shared_at_first_ + most_;
    std::vector<pid_t> greedy;
    for (const pid_t pod : pods) {
        const bool by_user = where_ == Where::anywhere;
        if ((by_user ? used_by(user_, hidden) : used_in_jails(pod, hidden)) > most_) {
            kill_strangers([&](const Processes& all, pid_t pid) {
                return by_user ? all.at(pid).user == user_ : is_jailed_in(all, pid, pod);
            });
            greedy.push_back(pod);
        }
    }
    return greedy;
}

} // namespace grading
