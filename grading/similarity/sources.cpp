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

// sim's time grows with the square of what repeats itself: nobody may keep all others waiting, by
// one file or by many.
constexpr std::size_t most_bytes = 65'536;
constexpr std::size_t most_bytes_of_one = 2 * most_bytes;

// One of a student's different files, and where it is; of who has none why that is.
struct Candidate {
    Source source;
    std::string hash;
};

// In the order of their times; a file that was handed in again counts as the later one.
std::vector<Candidate> candidates_of(const std::string& student,
                                     const std::vector<Attempt>& attempts)
{
    std::vector<Candidate> files;
    std::string why = "nothing handed in";
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const std::string& hash = attempts[i].hash;
        if (hash.empty()) {
            why = attempts[i].sentence;
            continue;
        }
        std::erase_if(files, [&](const Candidate& file) { return file.hash == hash; });
        files.push_back({{student, ""}, hash});
        if (attempts.size() > 1) {
            files.back().source.attempt =
                "attempt " + std::to_string(i + 1) + " of " + std::to_string(attempts.size());
        }
    }
    return files.empty() ? std::vector<Candidate>{{{student, "", why}, ""}} : files;
}

using Candidates = std::vector<std::vector<Candidate>>; // by student

// Of too many the oldest ones go, first of those who have the most. One of each student stays.
void keep_the_last(Candidates& candidates, std::size_t most_files, std::vector<std::string>& notes)
{
    const auto files_with = [&](std::size_t most) {
        std::size_t files = 0;
        for (const auto& of_one : candidates) {
            files += std::min(most, of_one.size());
        }
        return files;
    };
    std::size_t most = 1;
    for (const auto& of_one : candidates) {
        most = std::max(most, of_one.size());
    }
    const std::size_t all = files_with(most);
    while (most > 1 && files_with(most) > most_files) {
        --most;
    }
    for (auto& of_one : candidates) {
        of_one.erase(of_one.begin(),
                     of_one.end() - static_cast<std::ptrdiff_t>(std::min(most, of_one.size())));
    }
    if (const std::size_t kept = files_with(most); kept < all) {
        notes.push_back(std::to_string(all - kept) + " of " + std::to_string(all) +
                        " files are not compared, which would take too long: of who has handed "
                        "in more than " +
                        std::to_string(most) + " different ones, the last " + std::to_string(most) +
                        " are");
    }
}

// Of one student's files that are too much together the oldest ones go.
void keep_what_is_not_too_much(std::vector<Candidate>& of_one, const fs::path& collected,
                               std::vector<std::string>& notes)
{
    std::size_t bytes = 0;
    std::size_t kept = 0;
    while (kept < of_one.size()) {
        const Candidate& file = of_one[of_one.size() - 1 - kept];
        bytes += file.hash.empty()
                     ? 0
                     : fs::file_size(collected / source_folder(file.hash) / "server.cpp");
        if (kept > 0 && bytes > most_bytes_of_one) {
            break;
        }
        ++kept;
    }
    if (kept < of_one.size()) {
        notes.push_back(harness::printable(of_one[0].source.student) + ": of " +
                        std::to_string(of_one.size()) + " different files the last " +
                        std::to_string(kept) + " are compared: together they are large");
        of_one.erase(of_one.begin(), of_one.end() - static_cast<std::ptrdiff_t>(kept));
    }
}

Source loaded(Candidate candidate, const fs::path& collected)
{
    Source source = std::move(candidate.source);
    if (candidate.hash.empty()) {
        return source;
    }
    source.text = contents_of(collected / source_folder(candidate.hash) / "server.cpp");
    source.why_not = source.text.empty() ? "server.cpp is empty" : "";
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

Sources find_sources(const fs::path& submissions, const LayoutOptions& handing,
                     const std::string& lab, const Layout& layout, std::size_t most_files)
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
    options.layout = handing;
    options.unpack.layout = layout;
    options.for_marks = false;
    Sources sources;
    sources.notes = collect(options, index);
    Candidates candidates;
    index.for_each_person([&](const Person& person) {
        candidates.push_back(candidates_of(person.id, index.attempts_of(person.id)));
        keep_what_is_not_too_much(candidates.back(), collected.path(), sources.notes);
    });
    if (candidates.empty()) {
        throw std::invalid_argument(harness::printable(submissions.string()) +
                                    " holds nobody's work: a folder or an archive for each "
                                    "student is wanted, or a platform's export");
    }
    keep_the_last(candidates, most_files, sources.notes);
    for (auto& of_one : candidates) {
        for (Candidate& candidate : of_one) {
            sources.all.push_back(loaded(std::move(candidate), collected.path()));
        }
    }
    std::ranges::move(given_later(layout, lab), std::back_inserter(sources.all));
    return sources;
}

} // namespace grading
