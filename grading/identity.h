// By what one can tell whether grading something again would see the same: three hashes, of the
// submission, of what asks (the suite) and of what builds (the tool chain).
#pragma once

#include "grading/layout.h"
#include "grading/record.h"
#include "grading/rubric.h"

#include <functional>
#include <string>
#include <vector>

namespace grading {

// SHA-256 of each file. Another one than hashes_of() may remember what has not changed.
using Hasher =
    std::function<std::vector<std::string>(const std::vector<std::filesystem::path>& files)>;

// The test driver with what it preloads, and the rubric.
std::string suite_hash(const Layout& layout, const std::string& lab, const Hasher& hasher);
// The compiler, its flags, and all of ours that it builds into a submission.
std::string toolchain_hash(const Layout& layout, const std::string& lab, const Rubric& rubric,
                           const Hasher& hasher);

// A file name for the record of what has these hashes: part of each, so that it can be seen which
// of them two records differ in. Throws std::invalid_argument when one is missing.
std::string record_key(const Hashes& hashes);

struct KeyParts {
    std::string submission;
    std::string suite;
    std::string toolchain;
};
KeyParts parts_of(const std::string& key); // throws std::invalid_argument for what is no key

} // namespace grading
