// A cgroup around each pod, on machines that let us have some (cgroup v2, delegated): the kernel
// counts the memory and the processes of all that is in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace grading {

// The cgroup that we are in, ready to have others below it.
class CgroupHome {
public:
    // As the machine says: under /sys/fs/cgroup. Throws std::runtime_error that says what is
    // missing, and how to get it.
    CgroupHome();
    // Of a folder.
    explicit CgroupHome(std::filesystem::path folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

private:
    void enable_controllers();
    void make_way();

    std::filesystem::path folder_;
};

// One below, gone with all that is in it at the end.
class Cgroup {
public:
    Cgroup(const CgroupHome& home, const std::string& name, std::uint64_t most_memory,
           unsigned most_processes);
    ~Cgroup();
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;

    // What a process writes 0 to in order to enter.
    [[nodiscard]] std::filesystem::path door() const { return folder_ / "cgroup.procs"; }
    // Has the kernel killed something in it for want of memory?
    [[nodiscard]] bool ran_out_of_memory() const;

private:
    std::filesystem::path folder_;
};

} // namespace grading
