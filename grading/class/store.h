// OUT on disk: where records are, how they get there, and what a killed run leaves behind.
#pragma once

#include "common/unique_fd.h"
#include "grading/class/manifest.h"

#include <filesystem>
#include <string>

namespace grading {

// Published records; link(2) lets the first one win, whoever else graded the same.
std::filesystem::path record_file(const std::filesystem::path& out, const std::string& lab,
                                  const std::string& key);
// Why a unit could not be graded: a line, and what record its last try had left.
std::filesystem::path trouble_file(const std::filesystem::path& out, const std::string& lab,
                                   const std::string& key);

// False: there is one already, which stays.
// By way of a file in `scratch`, which is on the same file system.
bool publish_record(const std::filesystem::path& out, const Unit& unit, const std::string& json,
                    const std::filesystem::path& scratch);

// A folder under OUT/scratch for one process: it is gone with the process, or with the next
// sweep() when the process could not do that any more.
class Scratch {
public:
    explicit Scratch(const std::filesystem::path& out);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; } // absolute

private:
    lab::UniqueFd lock_;
    std::filesystem::path path_;
};

// Removes what dead processes have left under OUT/scratch, and ends programs of submissions that
// still run from there.
void sweep(const std::filesystem::path& out);

// Where users are the only walls between strangers' programs and us (tier C): of OUT they may enter
// what they are started from, and read nothing, nor of what this process makes from now on.
void close_to_other_users(const std::filesystem::path& out);

// While it lives no other grade-class works on OUT. Throws std::invalid_argument when one does.
class OutLock {
public:
    explicit OutLock(const std::filesystem::path& out);

private:
    lab::UniqueFd file_;
};

} // namespace grading
