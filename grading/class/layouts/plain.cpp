// A folder, zip or tarball a student, named as the student is. Several attempts are folders or
// archives called attempt-1, attempt-2 … within the student's folder.

#include "grading/class/layouts/layouts.h"

#include <set>

namespace grading {

namespace fs = std::filesystem;

namespace {

bool is_attempt(const fs::directory_entry& entry)
{
    const std::string name = entry.path().filename().string();
    const std::string stem = entry.is_directory() ? name : archive_stem(name).value_or("");
    constexpr std::string_view word = "attempt";
    std::string_view rest = stem;
    if (!rest.starts_with(word)) {
        return false;
    }
    rest.remove_prefix(word.size());
    if (rest.starts_with('-') || rest.starts_with('_')) {
        rest.remove_prefix(1);
    }
    return !rest.empty() && rest.find_first_not_of("0123456789") == std::string_view::npos;
}

void read_folder(const fs::path& folder, const Discovery& discovery)
{
    const std::string id = folder.filename().string();
    bool attempts = false;
    std::set<std::string> beside;
    const std::error_code error = try_each_entry(folder, discovery, [&](const auto& entry) {
        if (is_attempt(entry)) {
            attempts = true;
            discovery.found({.id = id, .path = entry.path(), .one_of_several = true});
        } else {
            beside.insert(entry.path().filename().string());
        }
    });
    if (!attempts || error) { // whoever takes it in sees the error again, and leaves it open
        discovery.found({.id = id, .path = folder, .one_of_several = attempts});
        return;
    }
    for (const std::string& name : beside) {
        discovery.note(id + ": " + name + " lies beside attempts, and is not looked into");
    }
}

} // namespace

void read_plain(const fs::path& submissions, const Discovery& discovery)
{
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory()) {
            read_folder(entry.path(), discovery);
        } else if (const auto stem = archive_stem(name)) {
            discovery.found({.id = *stem, .path = entry.path()});
        } else {
            discovery.note(name + ": neither a folder nor a zip or tarball, left out");
        }
    });
}

} // namespace grading
