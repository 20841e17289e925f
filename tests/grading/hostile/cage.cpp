#include "tests/grading/hostile/cage.h"

#include "common/errors.h"
#include "grading/files.h"
#include "tests/harness/spawn.h"

#include <chrono>
#include <fstream>
#include <numeric>

#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace hostile {

namespace fs = std::filesystem;
using harness::Seconds;

namespace {

constexpr rlim_t mebibyte = 1U << 20U;
constexpr std::size_t most_processes = 2'000;
constexpr Seconds between_looks{0.05};

using Filter = std::unique_ptr<void, void (*)(void*)>;

// What a container's usual filter refuses: no namespace, no mount.
Filter no_namespaces()
{
    Filter filter(::seccomp_init(SCMP_ACT_ALLOW), [](void* it) { ::seccomp_release(it); });
    const auto refuse = [&](int error, int call) {
        lab::check(
            ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 0),
            "seccomp_rule_add");
    };
    constexpr std::uint64_t namespaces = 0x7E020000; // CLONE_NEW…
    for (const int call : {SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount), SCMP_SYS(umount2),
                           SCMP_SYS(pivot_root), SCMP_SYS(fsopen), SCMP_SYS(open_tree)}) {
        refuse(EPERM, call);
    }
    refuse(ENOSYS,
           SCMP_SYS(clone3)); // its flags cannot be seen from here: libc falls back to clone
    for (std::uint64_t bit = 1; bit != 0 && bit <= namespaces; bit <<= 1U) {
        if ((bit & namespaces) != 0) {
            lab::check(::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                          SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)),
                       "seccomp_rule_add");
        }
    }
    return filter;
}

void forbid_namespaces(int program)
{
    lab::check(::seccomp_export_bpf(no_namespaces().get(), program), "seccomp_export_bpf");
    lab::check(::lseek(program, 0, SEEK_SET), "lseek");
}

std::vector<std::string> cage_for(const Caging& caging)
{
    const std::string tree = caging.tree.string();
    const std::string here = fs::current_path().string(); // which may be below /tmp
    std::vector<std::string> words{"bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net",
                                   "--unshare-ipc"};
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"},
             {"--size", "268435456", "--tmpfs", "/tmp", "--chmod", "1777", "/tmp"},
             {"--size", "268435456", "--tmpfs", "/dev/shm", "--chmod", "1777", "/dev/shm"},
             {"--dev-bind-try", "/sys/fs/cgroup", "/sys/fs/cgroup"},
             {"--ro-bind", here, here, "--bind", tree, tree, "--chdir", tree}}) {
        words.insert(words.end(), more.begin(), more.end());
    }
    if (::geteuid() == 0) {
        words.insert(words.end(), {"--cap-add", "ALL"});
        if (caging.without_namespaces) {
            words.insert(words.end(), {"--cap-drop", "CAP_SYS_ADMIN"});
        }
    }
    return words;
}

std::size_t available_memory_percent()
{
    std::ifstream file("/proc/meminfo");
    std::size_t total = 1;
    std::size_t available = 1;
    for (std::string name, unit; file >> name;) {
        std::size_t value = 0;
        file >> value >> unit;
        (name == "MemTotal:" ? total : name == "MemAvailable:" ? available : value) = value;
        if (name == "MemAvailable:") {
            break;
        }
    }
    return available * 100 / total;
}

std::size_t free_disk_bytes(const fs::path& folder)
{
    struct statvfs facts {};
    return ::statvfs(folder.c_str(), &facts) == 0 ? facts.f_bavail * facts.f_frsize : SIZE_MAX;
}

// Why the cage must be ended now, or nothing.
std::string reason_to_end(pid_t cage, const fs::path& tree, std::size_t disk_at_start)
{
    constexpr std::size_t least_percent = 25;
    constexpr std::size_t most_disk = 2048 * mebibyte;
    if (harness::descendants(cage).size() > most_processes) {
        return "it had more than " + std::to_string(most_processes) + " processes";
    }
    if (available_memory_percent() < least_percent) {
        return "the machine's memory was nearly used up";
    }
    if (free_disk_bytes(tree) + most_disk < disk_at_start) {
        return "it wrote more than 2 GiB to the disk";
    }
    return "";
}

Observations read_observations(const fs::path& file)
{
    const auto object = nlohmann::json::parse(grading::contents_of(file));
    return {object.at("status").get<int>(), object.at("seconds").get<double>(),
            object.at("left_over").get<std::vector<std::string>>()};
}

// Waits for the end of it; returns why it had to be ended instead, or nothing.
std::string guard(harness::ChildProcess& cage, const Caging& caging, grading::Interrupt& interrupt)
{
    const auto deadline = std::chrono::steady_clock::now() + caging.time_limit;
    const std::size_t disk = free_disk_bytes(caging.tree);
    std::string why;
    while (!cage.status() && why.empty()) {
        interrupt.wait_for_any({cage.pidfd()}, between_looks);
        why = reason_to_end(cage.pid(), caging.tree, disk);
        if (std::chrono::steady_clock::now() > deadline) {
            why = "it had not ended after " +
                  std::to_string(static_cast<int>(caging.time_limit.count())) + " s";
        }
    }
    return why;
}

} // namespace

Caged run_caged(const Caging& caging, grading::Interrupt& interrupt)
{
    const harness::UniqueFd filter = grading::memory_file();
    harness::Command command{.arguments = cage_for(caging), .directory = {}};
    if (caging.without_namespaces) {
        forbid_namespaces(filter.get());
        command.input = filter.get(); // spawn() hands on the descriptors 0 to 2 only
        command.arguments.insert(command.arguments.end(), {"--seccomp", "0"});
    }
    const std::string self = fs::read_symlink("/proc/self/exe").string();
    command.arguments.insert(command.arguments.end(),
                             {"--", self, "watch", "--out", caging.out.string(), "--"});
    command.arguments.insert(command.arguments.end(), caging.grader.begin(), caging.grader.end());
    const harness::UniqueFd output = grading::memory_file();
    command.output = command.errors = output.get();
    command.limits.cpu_seconds = 300;
    command.limits.file_bytes = 256 * mebibyte;
    command.limits.address_space = 16'384 * mebibyte;
    if (::geteuid() != 0) {
        command.limits.processes = most_processes;
    }
    harness::ChildProcess cage = harness::spawn(command);
    try {
        const std::string why = guard(cage, caging, interrupt);
        harness::kill_descendants();
        const fs::path observations = caging.out / "observations.json";
        if (!why.empty() || !fs::exists(observations)) {
            return {{},
                    why.empty() ? "the cage broke: " + grading::contents_of(output.get(), 500)
                                : why};
        }
        return {read_observations(observations), ""};
    } catch (...) {
        harness::kill_descendants();
        throw;
    }
}

void become_contained(const std::vector<std::string>& command)
{
    const Filter filter = no_namespaces();
    lab::check(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, 0), "seccomp_attr_set");
    lab::check(::seccomp_load(filter.get()), "seccomp_load: it takes root");
    lab::check(::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN), "prctl(PR_CAPBSET_DROP)");
    std::vector<char*> words;
    words.reserve(command.size() + 1);
    for (const std::string& word : command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    lab::fail(command.at(0));
}

} // namespace hostile
