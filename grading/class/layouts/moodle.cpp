// Moodle's "download all submissions": a folder each, "Jane Doe_4711_assignsubmission_file_", or,
// without folders, files whose names go on behind that.

#include "grading/class/layouts/layouts.h"
#include "grading/class/times.h"

#include <regex>

namespace grading {

namespace fs = std::filesystem;

std::optional<PlatformName> moodle_name(const std::string& entry)
{
    static const std::regex form("(.+)_([0-9]+)_assignsubmission_(file|onlinetext)(_(.*))?");
    constexpr std::size_t longest = 255;
    std::smatch match;
    if (entry.size() > longest || !std::regex_match(entry, match, form)) {
        return std::nullopt;
    }
    return PlatformName{match[1], match[2], match[3] == "file" ? match[5].str() : "onlinetext"};
}

void read_moodle(const fs::path& submissions, const Discovery& discovery)
{
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        const auto who = moodle_name(name);
        if (!who || who->file_name == "onlinetext") {
            discovery.note(name + (who ? ": text that was typed in, no file; left out"
                                       : ": not named as Moodle names submissions, left out"));
            return;
        }
        discovery.found({.id = who->id,
                         .name = who->name,
                         .path = entry.path(),
                         .time = unknown_time,
                         .file_name = entry.is_directory() ? "" : who->file_name});
    });
}

} // namespace grading
