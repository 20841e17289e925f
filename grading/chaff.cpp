#include "grading/chaff.h"

#include "grading/files.h"

#include <algorithm>
#include <sstream>

namespace grading {

namespace fs = std::filesystem;

namespace {

using harness::Verdict;

std::set<std::string> words_of(const std::string& text)
{
    std::set<std::string> words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) {
        words.insert(word);
    }
    return words;
}

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool explains(const KnownChaff& chaff, const std::set<std::string>& failed)
{
    const auto foreseen = [&](const std::string& test) {
        return chaff.caught_by.contains(test) || chaff.may_fail.contains(test);
    };
    return !chaff.caught_by.empty() && std::ranges::includes(failed, chaff.caught_by) &&
           std::ranges::all_of(failed, foreseen);
}

// Failures that a chaff leaves open: those it does not promise, and those that it allows for.
std::size_t vagueness(const KnownChaff& chaff, const std::set<std::string>& failed)
{
    return failed.size() - chaff.caught_by.size() + chaff.may_fail.size();
}

bool failed(const TestResult& test)
{
    return test.report.verdict == Verdict::fail || test.report.verdict == Verdict::unstable;
}

} // namespace

KnownChaff parse_chaff(const std::string& name, const std::string& patch)
{
    KnownChaff chaff{name, "", {}, {}};
    std::istringstream lines(patch);
    std::string key;
    for (std::string line;
         std::getline(lines, line) && !line.starts_with("--- ") && !line.starts_with("diff ");) {
        const bool goes_on = line.starts_with(' ') || line.starts_with('\t');
        if (const auto colon = line.find(':'); !goes_on && colon != std::string::npos) {
            key = line.substr(0, colon);
            line.erase(0, colon + 1);
        }
        if (key == "Sentence") {
            const std::string more = trimmed(line);
            chaff.sentence += (chaff.sentence.empty() || more.empty() ? "" : " ") + more;
        } else if (key == "Caught-by") {
            chaff.caught_by.merge(words_of(line));
        } else if (key == "May-fail") {
            chaff.may_fail.merge(words_of(line));
        }
    }
    return chaff;
}

std::vector<KnownChaff> load_chaffs(const fs::path& folder)
{
    std::vector<KnownChaff> chaffs;
    for (const fs::path& file : files_in(folder, ".patch")) {
        chaffs.push_back(parse_chaff(file.stem().string(), contents_of(file)));
    }
    return chaffs;
}

std::optional<Chaff> match(const std::set<std::string>& failed,
                           const std::vector<KnownChaff>& chaffs)
{
    std::vector<const KnownChaff*> best;
    for (const KnownChaff& chaff : chaffs) {
        if (!explains(chaff, failed)) {
            continue;
        }
        if (!best.empty() && vagueness(chaff, failed) < vagueness(*best.front(), failed)) {
            best.clear();
        }
        if (best.empty() || vagueness(chaff, failed) == vagueness(*best.front(), failed)) {
            best.push_back(&chaff);
        }
    }
    if (best.empty()) {
        return std::nullopt;
    }
    Chaff found{best.front()->name, best.front()->sentence, *best.front()->caught_by.begin()};
    for (const KnownChaff* const other : std::vector(best.begin() + 1, best.end())) {
        found.name += ", " + other->name;
        found.sentence += " Or: " + other->sentence;
    }
    return found;
}

void note_chaff(Record& record, const std::vector<KnownChaff>& chaffs)
{
    std::set<std::string> names;
    for (const TestResult& test : record.tests) {
        if (failed(test)) {
            names.insert(test.report.test);
        }
    }
    record.chaff = match(names, chaffs);
    for (TestResult& test : record.tests) {
        test.chaff = failed(test) ? record.chaff : std::nullopt;
    }
}

} // namespace grading
