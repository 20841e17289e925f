// A file of a student's, taken in: its hash, and of a source a copy of our own.
#pragma once

#include "common/unique_fd.h"
#include "grading/class/index.h"
#include "grading/record.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace grading {

struct Taken {
    std::string hash; // empty: it cannot be taken, and `trouble` says why
    std::int64_t time = 0;
    std::string trouble;
    Outcome outcome = Outcome::no_submission; // if there is trouble
};

// What has not changed since it was hashed is not read again.
class Intake {
public:
    // Copies go to OUT/sources.
    Intake(std::filesystem::path out, Index& index) : out_(std::move(out)), index_(index) {}

    // `file` is open, or errno says why not; `name` is for the index and for sentences.
    Taken source(const lab::UniqueFd& file, const std::filesystem::path& name);
    Taken archive(const std::filesystem::path& name);

private:
    std::filesystem::path out_;
    Index& index_;
};

// Where a submission's copy is, under OUT.
std::filesystem::path source_folder(const std::string& hash);

} // namespace grading
