// OUT/gradebook.of: of which labs and submissions OUT/gradebook.json is. With other ones the
// gradebook of before is no older state of the new one, and is kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

struct BookOf {
    std::vector<std::string> labs; // "02-fork"
    std::filesystem::path submissions;
};

// To be called before OUT/gradebook.json and .csv are replaced by those of `coming`. Returns what
// to tell: where the ones of before are kept. "" when they are of the same.
std::string keep_earlier_book(const std::filesystem::path& out, const BookOf& coming);

} // namespace grading
