// A file of a student's. Whatever lies there under its name, a link, a pipe, something huge, is a
// sentence and no accident.
#pragma once

#include "common/unique_fd.h"

#include <filesystem>
#include <string>

#include <sys/stat.h>

namespace grading {

constexpr off_t most_source = off_t{1} << 20U;

// Follows no link, and waits for no other end of a pipe. If it is not open, errno says why.
lab::UniqueFd open_source(const std::filesystem::path& file);

// Why it is not taken: what stands behind its name in a sentence; empty when it is. `file` is open,
// or errno says why not; `status` is filled in when it is open.
std::string objection(const lab::UniqueFd& file, off_t most, struct stat& status);

} // namespace grading
