// A folder, zip or tarball a student, named as the student is; or a source file, or an archive that
// cannot be taken: whoever hands that in is told so, and stays in the book. Several attempts are
// folders or archives called attempt-1, attempt-2 … within the student's folder.

#include "common/joined.h"
#include "grading/class/layouts/layouts.h"
#include "grading/near_miss.h"

#include <algorithm>
#include <iterator>
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
    std::vector<std::string> left_out; // told by whoever takes the folder in, if that is one work
    const Discovery here{{},
                         [&](const std::string& line) { left_out.push_back(id + ": " + line); }};
    const std::error_code error = try_each_entry(folder, here, [&](const auto& entry) {
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
    std::ranges::for_each(left_out, discovery.note);
    for (const std::string& name : beside) {
        discovery.note(id + ": " + name + " lies beside attempts, and is not looked into");
    }
}

// Whose files of their own are named for them: an instructor sees here what is nobody's work.
void tell_sources(const std::set<std::string>& names, const Discovery& discovery)
{
    constexpr std::size_t most_named = 5;
    const std::size_t more = names.size() - std::min(most_named, names.size());
    const auto end = std::prev(names.end(), static_cast<std::ptrdiff_t>(more));
    const std::vector<std::string> first(names.begin(), end);
    if (!names.empty()) {
        discovery.note("taken to be of whom they are named for: " + lab::joined(first, ", ") +
                       (more > 0 ? " and " + std::to_string(more) + " more" : ""));
    }
}

void read_file(const fs::path& file, const Discovery& discovery, std::set<std::string>& sources)
{
    const std::string name = file.filename().string();
    const auto source = source_stem(name);
    auto stem = archive_stem(name);
    stem = stem ? stem : foreign_archive_stem(name);
    if (source && (*source == "server" || *source == "Server" || *source == "main")) {
        discovery.note(name + ": whose it is nobody knows, left out; put it into a folder that is "
                              "named for its student");
    } else if (source) {
        sources.insert(name);
        discovery.found(
            {.id = *source, .path = file, .file_name = name, .named_for_student = true});
    } else if (stem) {
        discovery.found({.id = *stem, .path = file});
    } else {
        discovery.note(name + ": neither a folder nor a zip, a tarball or a .cpp, left out");
    }
}

} // namespace

void read_plain(const fs::path& submissions, const Discovery& discovery)
{
    std::set<std::string> sources;
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        if (entry.is_directory()) {
            read_folder(entry.path(), discovery);
        } else {
            read_file(entry.path(), discovery, sources);
        }
    });
    tell_sources(sources, discovery);
}

} // namespace grading
