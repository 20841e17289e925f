// Canvas's "download submissions": one file each, doejane_4711_815_lab-1.zip, with _LATE_ before
// the numbers of the user and of the file, which are counted up. A file that was handed in again is
// called lab-1-1.zip.

#include "grading/class/layouts/layouts.h"
#include "grading/class/times.h"

#include <regex>

namespace grading {

namespace fs = std::filesystem;

std::optional<PlatformName> canvas_name(const std::string& entry)
{
    static const std::regex form("([^_]+)_(LATE_)?([0-9]+)_([0-9]{1,18})_(.+)");
    constexpr std::size_t longest = 255; // no file's name is longer; std::regex recurses
    std::smatch match;
    if (entry.size() > longest || !std::regex_match(entry, match, form)) {
        return std::nullopt;
    }
    return PlatformName{match[1], match[3], match[5], match[2].matched, std::stoll(match[4])};
}

void read_canvas(const fs::path& submissions, const Discovery& discovery)
{
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        const auto who = canvas_name(name);
        if (!who) {
            discovery.note(name + ": not named as Canvas names files, left out");
            return;
        }
        discovery.found({.id = who->id,
                         .name = who->name,
                         .path = entry.path(),
                         .time = unknown_time,
                         .number = who->number,
                         .file_name = who->file_name,
                         .said_late = who->late});
    });
}

} // namespace grading
