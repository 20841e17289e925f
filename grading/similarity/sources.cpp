#include "grading/files.h"
#include "grading/similarity/similarity.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

// sim's time grows with the square of what repeats itself: nobody may keep all others waiting.
constexpr std::uintmax_t most_bytes = 65'536;

// A link could lead to any file of whoever runs this, and put it on the page.
Source source_in(const fs::path& folder)
{
    Source source{folder.filename().string(), ""};
    const fs::path file = folder / "server.cpp";
    std::error_code error;
    const fs::file_status status = fs::symlink_status(file, error);
    if (!fs::exists(status)) {
        source.why_not = "no server.cpp";
    } else if (!fs::is_regular_file(status)) {
        source.why_not = "server.cpp is no regular file";
    } else if (fs::file_size(file, error) > most_bytes) {
        source.why_not = "server.cpp is larger than 64 KiB";
    } else {
        source.text = contents_of(file);
        std::ranges::replace(source.text, '\0', ' ');
    }
    return source;
}

} // namespace

std::vector<Source> find_sources(const fs::path& submissions)
{
    if (!fs::is_directory(submissions)) {
        throw std::invalid_argument(harness::printable(submissions.string()) +
                                    " is no folder; SUBMISSIONS=DIR has a folder for each student");
    }
    std::vector<fs::path> folders;
    std::vector<Source> passed_over;
    for (const fs::directory_entry& entry : fs::directory_iterator(submissions)) {
        if (entry.is_directory() && !entry.is_symlink()) {
            folders.push_back(entry.path());
        } else {
            passed_over.push_back({entry.path().filename().string(), "", "no folder: unpack it"});
        }
    }
    if (folders.empty()) {
        throw std::invalid_argument(
            harness::printable(submissions.string()) +
            " has no folder in it; SUBMISSIONS/STUDENT/server.cpp is wanted");
    }
    std::ranges::sort(folders);
    std::vector<Source> sources;
    sources.reserve(folders.size() + passed_over.size());
    for (const fs::path& folder : folders) {
        sources.push_back(source_in(folder));
    }
    std::ranges::sort(passed_over, {}, &Source::student);
    sources.insert(sources.end(), passed_over.begin(), passed_over.end());
    return sources;
}

} // namespace grading
