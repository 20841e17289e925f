#include "grading/class/collect.h"
#include "grading/class/intake.h"
#include "grading/files.h"
#include "grading/similarity/similarity.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

// sim's time grows with the square of what repeats itself: nobody may keep all others waiting.
constexpr std::size_t most_bytes = 65'536;

// Of several attempts, the last one that has a file.
Source source_of(const std::string& student, const std::vector<Attempt>& attempts,
                 const fs::path& collected)
{
    Source source{student, "", "nothing handed in"};
    for (const Attempt& attempt : attempts) {
        if (attempt.hash.empty()) {
            source.why_not = source.text.empty() ? attempt.sentence : "";
            continue;
        }
        source.text = contents_of(collected / source_folder(attempt.hash) / "server.cpp");
        source.why_not = source.text.empty() ? "server.cpp is empty" : "";
    }
    if (source.text.size() > most_bytes) {
        source.why_not = "server.cpp is larger than 64 KiB";
        source.text.clear();
    }
    std::ranges::replace(source.text, '\0', ' ');
    return source;
}

std::vector<Source> given_later(const Layout& layout, const std::string& lab)
{
    std::vector<Source> sources;
    const fs::path folder = layout.root / ("common/after_" + short_name(lab));
    if (fs::exists(folder)) {
        for (const fs::path& file : files_in(folder, ".cpp")) {
            const std::string name = file.lexically_relative(layout.root).string();
            sources.push_back({.student = name, .text = contents_of(file), .handed_in = false});
        }
    }
    return sources;
}

} // namespace

Sources find_sources(const fs::path& submissions, const std::string& lab, const Layout& layout)
{
    if (!fs::is_directory(submissions)) {
        throw std::invalid_argument(harness::printable(submissions.string()) + " is no folder");
    }
    const TemporaryFolder collected(layout.scratch());
    Index index(collected.path() / "index.sqlite");
    CollectOptions options;
    options.submissions = fs::absolute(submissions).lexically_normal();
    options.out = collected.path();
    options.labs = {lab};
    options.unpack.layout = layout;
    options.for_marks = false;
    Sources sources;
    sources.notes = collect(options, index);
    index.for_each_person([&](const Person& person) {
        sources.all.push_back(source_of(person.id, index.attempts_of(person.id), collected.path()));
    });
    if (sources.all.empty()) {
        throw std::invalid_argument(harness::printable(submissions.string()) +
                                    " holds nobody's work: a folder or an archive for each "
                                    "student is wanted, or a platform's export");
    }
    std::ranges::move(given_later(layout, lab), std::back_inserter(sources.all));
    return sources;
}

} // namespace grading
