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

#include <unistd.h>

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

// What stands after "NAME:" in a file of /proc, up to the end of its line.
std::string field(const std::string& text, const std::string& name)
{
    const auto at = text.find(name + ":");
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

// The memory of all that is in jails of this pod. Its own /proc is short: ours may be long.
std::uint64_t used_in_jails(pid_t pod)
{
    std::uint64_t used = 0;
    for (const pid_t first : harness::children_of(pod)) {
        for (const auto& [pid, process] :
             processes_in("/proc/" + std::to_string(first) + "/root/proc")) {
            used += process.numbers.size() > 1 ? process.memory : 0;
        }
    }
    return used;
}

std::uint64_t used_by(uid_t user)
{
    std::uint64_t used = 0;
    for (const auto& [pid, process] : processes_in("/proc")) {
        used += process.user == user ? process.memory : 0;
    }
    return used;
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
    const std::uint64_t free = kilobytes(contents_of("/proc/meminfo"), "MemAvailable");
    if (free + worth_a_look > free_ && now - looked_ < at_the_latest) {
        free_ = std::max(free_, free);
        return {};
    }
    free_ = free;
    looked_ = now;
    std::vector<pid_t> greedy;
    for (const pid_t pod : pods) {
        const bool by_user = where_ == Where::anywhere;
        if ((by_user ? used_by(user_) : used_in_jails(pod)) > most_) {
            kill_strangers([&](const Processes& all, pid_t pid) {
                return by_user ? all.at(pid).user == user_ : is_jailed_in(all, pid, pod);
            });
            greedy.push_back(pod);
        }
    }
    return greedy;
}

} // namespace grading
