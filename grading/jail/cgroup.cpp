#include "grading/jail/cgroup.h"

#include "common/errors.h"
#include "common/unique_fd.h"
#include "grading/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr const char* how_to_get_one =
    "; start make in a delegated cgroup: systemd-run --user --scope -p Delegate=yes make …";
// Where we and our kin go: a cgroup with others below it may hold no process itself.
constexpr const char* graders = "graders";

void write_line(const fs::path& file, const std::string& text)
{
    const lab::UniqueFd fd(lab::check(::open(file.c_str(), O_WRONLY | O_CLOEXEC), file.string()));
    lab::check(::write(fd.get(), text.data(), text.size()), file.string());
}

std::vector<std::string> words_of(const fs::path& file)
{
    std::istringstream text(contents_of(file));
    std::vector<std::string> words;
    for (std::string word; text >> word;) {
        words.push_back(word);
    }
    return words;
}

bool has(const fs::path& file, const std::string& word)
{
    const auto words = words_of(file);
    return std::find(words.begin(), words.end(), word) != words.end();
}

// "0::/user.slice/…" in /proc/self/cgroup.
fs::path own_cgroup()
{
    const std::string list = contents_of(fs::path("/proc/self/cgroup"));
    const auto at = list.find("0::/");
    if (at == std::string::npos) {
        throw std::runtime_error("no cgroup v2 on this machine");
    }
    const auto begin = at + std::strlen("0::/");
    const fs::path own =
        fs::path("/sys/fs/cgroup") / list.substr(begin, list.find('\n', begin) - begin);
    return own.filename() == graders ? own.parent_path() : own;
}

} // namespace

CgroupHome::CgroupHome() : CgroupHome(own_cgroup()) {}

CgroupHome::CgroupHome(fs::path folder) : folder_(std::move(folder))
{
    const fs::path controllers = folder_ / "cgroup.controllers";
    if (!fs::exists(controllers)) {
        throw std::runtime_error("no cgroup v2 on this machine");
    }
    if (!has(controllers, "memory") || !has(controllers, "pids")) {
        throw std::runtime_error("our cgroup has no control of memory and processes" +
                                 std::string(how_to_get_one));
    }
    if (::access(folder_.c_str(), W_OK) != 0 ||
        ::access((folder_ / "cgroup.procs").c_str(), W_OK) != 0) {
        throw std::runtime_error("our cgroup is not ours to divide" + std::string(how_to_get_one));
    }
    enable_controllers();
}

void CgroupHome::enable_controllers()
{
    const fs::path enabled = folder_ / "cgroup.subtree_control";
    if (has(enabled, "memory") && has(enabled, "pids")) {
        return;
    }
    const char* const wanted = "+memory +pids";
    try {
        write_line(enabled, wanted);
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::device_or_resource_busy) {
            throw;
        }
        make_way();
        write_line(enabled, wanted);
    }
}

// Only the machine's own may hold processes and have others below it.
void CgroupHome::make_way()
{
    fs::create_directory(folder_ / graders);
    for (const std::string& pid : words_of(folder_ / "cgroup.procs")) {
        write_line(folder_ / graders / "cgroup.procs", pid);
    }
}

Cgroup::Cgroup(const CgroupHome& home, const std::string& name, std::uint64_t most_memory,
               unsigned most_processes)
    : folder_(home.folder() / name)
{
    fs::create_directory(folder_);
    write_line(folder_ / "memory.max", std::to_string(most_memory));
    write_line(folder_ / "pids.max", std::to_string(most_processes));
    if (fs::exists(folder_ / "memory.swap.max")) { // absent where there is no swap
        write_line(folder_ / "memory.swap.max", "0");
    }
}

Cgroup::~Cgroup()
{
    try {
        write_line(folder_ / "cgroup.kill", "1");
    } catch (const std::exception&) {
        // before Linux 5.14: whoever let go of the pod has killed it
    }
    constexpr int tries = 1'000; // what is killed takes a moment to be gone
    for (int i = 0; i < tries && ::rmdir(folder_.c_str()) != 0 && errno == EBUSY; ++i) {
        ::usleep(1'000);
    }
}

bool Cgroup::ran_out_of_memory() const
{
    const auto words = words_of(folder_ / "memory.events");
    const auto at = std::find(words.begin(), words.end(), "oom_kill");
    return at != words.end() && at + 1 != words.end() && at[1] != "0";
}

} // namespace grading
