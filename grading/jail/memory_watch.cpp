#include "grading/jail/memory_watch.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
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

// Those of this user, and root's: a process that hides from its kin belongs to root, in /proc.
Processes processes_of(uid_t user)
{
    Processes all;
    std::error_code gone;
    for (fs::directory_iterator at("/proc", gone), end; !gone && at != end; at.increment(gone)) {
        const std::string name = at->path().filename();
        pid_t pid = 0;
        struct stat facts {};
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec == std::errc() &&
            ::stat(at->path().c_str(), &facts) == 0 &&
            (facts.st_uid == user || facts.st_uid == 0)) {
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
    const Processes all = processes_of(user_);
    std::vector<pid_t> greedy;
    for (const pid_t pod : pods) {
        std::uint64_t used = 0;
        std::vector<pid_t> strangers;
        for (const auto& [pid, process] : all) {
            if (where_ == Where::anywhere ? process.user == user_ : is_jailed_in(all, pid, pod)) {
                used += process.memory;
                strangers.push_back(pid);
            }
        }
        if (used > most_) { // among them the first process of a jail, with which it ends
            std::ranges::for_each(strangers, [](pid_t pid) { ::kill(pid, SIGKILL); });
            greedy.push_back(pod);
        }
    }
    return greedy;
}

} // namespace grading
