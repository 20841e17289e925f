// Moodle's "download all submissions": a folder each, "Jane Doe_4711_assignsubmission_file_", or,
// without folders, files whose names go on behind that.

#include "grading/class/layouts/layouts.h"
#include "grading/class/times.h"

#include <regex>
#include <set>

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

namespace {

// An assignment may take both: then the text is a remark, and the file what counts.
void tell_texts(const std::vector<HandedIn>& texts, const std::set<std::string>& with_a_file,
                const Discovery& discovery)
{
    for (const HandedIn& text : texts) {
        if (with_a_file.contains(text.id)) {
            discovery.note(text.path.filename().string() +
                           ": text that was typed in, beside a file; left out");
        } else {
            discovery.found(text);
        }
    }
}

} // namespace

void read_moodle(const fs::path& submissions, const Discovery& discovery)
{
    std::vector<HandedIn> typed_in;
    std::set<std::string> with_a_file;
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        const auto who = moodle_name(name);
        if (!who) {
            discovery.note(name + ": not named as Moodle names submissions, left out");
            return;
        }
        HandedIn handed{.id = who->id,
                        .name = who->name,
                        .path = entry.path(),
                        .time = unknown_time,
                        .file_name = entry.is_directory() ? "" : who->file_name};
        if (who->file_name == "onlinetext") {
            handed.typed_in = true;
            typed_in.push_back(std::move(handed));
        } else {
            with_a_file.insert(who->id);
            discovery.found(handed);
        }
    });
    tell_texts(typed_in, with_a_file, discovery);
}

} // namespace grading
