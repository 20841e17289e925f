#include "grading/class/collect.h"

#include "grading/class/intake.h"
#include "grading/class/locate.h"
#include "grading/class/lone_file.h"
#include "grading/class/times.h"
#include "grading/interrupt.h"
#include "grading/layout.h"
#include "grading/near_miss.h"
#include "grading/source_file.h"
#include "tests/harness/report.h"

#include <algorithm>

#include <sys/stat.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_notes = 2'000;

// Of what could not be looked into; 0 when not even that can be seen.
std::int64_t time_of(const fs::path& path)
{
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mtim.tv_sec : 0;
}

class Collector {
public:
    Collector(const CollectOptions& options, Index& index)
        : options_(options), index_(index), intake_(options.out, index)
    {
    }
    std::vector<std::string> run();

private:
    void note(const std::string& line);
    void take(const HandedIn& handed);
    void take_contents(const HandedIn& handed);
    void take_folder(const HandedIn& handed);
    bool take_labs_in(const HandedIn& handed, const fs::path& folder, std::string& other_lab);
    std::vector<fs::path> archives_in(const HandedIn& handed);
    void take_archive(const HandedIn& handed);
    void take_file(const HandedIn& handed);
    // Of a lab's file within a folder.
    void take_located(const HandedIn& handed, const std::string& lab, const fs::path& folder,
                      const Located& located);
    void add(const HandedIn& handed, const std::string& lab, const Taken& taken);
    void add_none(const HandedIn& handed, const std::string& where, const std::string& other_lab,
                  std::vector<fs::path> files);
    void add_nothing(const HandedIn& handed, Outcome outcome, const std::string& sentence);
    [[nodiscard]] std::string origin(const fs::path& path) const;
    [[nodiscard]] const std::string& first_lab() const { return options_.labs.front(); }
    [[nodiscard]] bool only_lab() const { return options_.labs.size() == 1; }

    const CollectOptions& options_;
    Index& index_;
    Intake intake_;
    std::vector<std::string> notes_;
    std::size_t more_notes_ = 0;
    bool no_times_ = false;
};

void Collector::note(const std::string& line)
{
    if (notes_.size() < most_notes) {
        notes_.push_back(harness::readable(line, 1'000));
    } else {
        ++more_notes_;
    }
}

std::string Collector::origin(const fs::path& path) const
{
    return harness::readable(path.lexically_relative(options_.submissions).string(), 1'000);
}

void Collector::add(const HandedIn& handed, const std::string& lab, const Taken& taken)
{
    Attempt attempt{handed.id, lab, handed.time.value_or(taken.time), origin(handed.path),
                    taken.hash};
    attempt.number = handed.number;
    if (taken.hash.empty()) {
        attempt.outcome = to_string(taken.outcome);
        attempt.sentence = taken.trouble;
    }
    index_.add(attempt);
}

void Collector::add_nothing(const HandedIn& handed, Outcome outcome, const std::string& sentence)
{
    note(handed.id + ": " + sentence);
    // What stays open may be the last one, which counts.
    const bool open = outcome == Outcome::infrastructure_error;
    const Taken nothing{"", open ? time_of(handed.path) : 0, sentence, outcome};
    for (const std::string& lab : options_.labs) {
        add(handed, lab, nothing);
    }
}

void Collector::take_located(const HandedIn& handed, const std::string& lab, const fs::path& folder,
                             const Located& located)
{
    for (const std::string& other : located.others) {
        note(handed.id + ": lab " + lab + " is taken from " + located.file.string() +
             "; there is also " + other);
    }
    const lab::UniqueFd open = open_folder(folder);
    const lab::UniqueFd file = open ? open_beneath(open.get(), located.file) : lab::UniqueFd();
    const Taken taken = intake_.source(file, folder / located.file);
    if (taken.hash.empty()) {
        note(handed.id + ": " + taken.trouble);
    }
    add(handed, lab, taken);
}

// True when there is something for a lab in it, or may be.
bool Collector::take_labs_in(const HandedIn& handed, const fs::path& folder, std::string& other_lab)
{
    bool found = false;
    for (const std::string& lab : options_.labs) {
        const Located located = locate(folder, lab, only_lab());
        if (!located.file.empty()) {
            take_located(handed, lab, folder, located);
        } else if (!located.trouble.empty()) {
            const std::string trouble = (folder / located.trouble).string();
            note(handed.id + ": lab " + lab + " stays open: " + trouble);
            add(handed, lab, {"", time_of(handed.path), trouble, Outcome::infrastructure_error});
        } else {
            other_lab = located.other_lab.empty() ? other_lab : located.other_lab;
            continue;
        }
        found = true;
    }
    return found;
}

// `files` are all that were handed in there.
void Collector::add_none(const HandedIn& handed, const std::string& where,
                         const std::string& other_lab, std::vector<fs::path> files)
{
    const std::string nearest = told_nearest(
        std::move(files), only_lab() ? "" : "a folder named for its lab, as " + first_lab());
    add_nothing(handed, Outcome::no_submission,
                "there is no server.cpp in " + where +
                    (!other_lab.empty() ? "; " + one_line(other_lab) + " is named for another lab"
                     : nearest.empty()  ? ""
                                        : "; " + nearest) +
                    ".");
}

std::vector<fs::path> Collector::archives_in(const HandedIn& handed)
{
    std::vector<fs::path> archives;
    // Of a link that is called server.cpp it is told why it is not taken.
    const std::string told = only_lab() ? (handed.path / "server.cpp").string() + ": " : "";
    const auto tell = [&](const std::string& line) {
        if (told.empty() || !line.starts_with(told)) {
            note(handed.id + ": " + line);
        }
    };
    for_each_entry(handed.path, {{}, tell}, [&](const fs::directory_entry& entry) {
        if (!entry.is_directory() && is_archive(entry.path().filename().string())) {
            archives.push_back(entry.path());
        }
    });
    std::ranges::sort(archives);
    return archives;
}

void Collector::take_folder(const HandedIn& handed)
{
    std::string other_lab;
    const bool found = take_labs_in(handed, handed.path, other_lab);
    // What was uploaded as an archive, platforms put into a folder.
    const std::vector<fs::path> archives = archives_in(handed);
    for (const fs::path& archive : archives) {
        if (found) {
            note(handed.id + ": " + archive.string() +
                 " lies beside a server.cpp, and is not looked into");
            continue;
        }
        if (archives.size() > 1) {
            note(handed.id + ": one of several archives, taken as attempts: " + archive.string());
        }
        HandedIn one = handed;
        one.path = archive;
        take_archive(one);
    }
    if (archives.empty() && !found) {
        add_none(handed, only_lab() ? "the folder" : "a folder named for a lab", other_lab,
                 visible_files(handed.path));
    }
}

// Archives within archives are nobody's.
void Collector::take_archive(const HandedIn& handed)
{
    if (const std::string name = handed.path.filename().string(); !archive_stem(name)) {
        return add_nothing(
            handed, Outcome::rejected,
            told_foreign_archive(handed.file_name.empty() ? name : handed.file_name));
    }
    const Taken taken = intake_.archive(handed.path);
    if (!taken.trouble.empty()) {
        return add_nothing(handed, taken.outcome, taken.trouble);
    }
    HandedIn inside = handed;
    inside.time = handed.time.value_or(taken.time);
    const Unpacked unpacked =
        unpack(handed.path, options_.out / "unpacked" / taken.hash, options_.unpack);
    std::string other_lab;
    if (!unpacked.rejected.empty()) {
        add_nothing(inside, Outcome::rejected,
                    "The archive is rejected: " + unpacked.rejected + ".");
    } else if (!take_labs_in(inside, unpacked.folder, other_lab)) {
        std::vector<fs::path> files = visible_files(unpacked.folder);
        files.insert(files.end(), unpacked.others.begin(), unpacked.others.end());
        add_none(inside, "the archive", other_lab, std::move(files));
    }
}

void Collector::take_file(const HandedIn& handed)
{
    for (const std::string& lab : options_.labs) {
        if (is_server_of(lab, handed, only_lab())) {
            return add(handed, lab, intake_.source(open_source(handed.path), handed.path));
        }
    }
    add_nothing(handed, Outcome::no_submission, told_lone_file(handed, options_.labs));
}

void Collector::take_contents(const HandedIn& handed)
{
    std::error_code error;
    if (handed.typed_in) {
        add_nothing(handed, Outcome::no_submission,
                    "there is text that was typed in, and no file: hand in server.cpp as a file.");
    } else if (fs::is_directory(fs::symlink_status(handed.path, error))) {
        take_folder(handed);
    } else if (is_archive(handed.path.filename().string())) {
        take_archive(handed);
    } else {
        take_file(handed);
    }
}

void Collector::take(const HandedIn& handed)
{
    const Person person{one_line(handed.id), one_line(handed.name), one_line(handed.email),
                        origin(handed.one_of_several ? handed.path.parent_path() : handed.path)};
    HandedIn clean = handed;
    clean.id = person.id;
    no_times_ = no_times_ || handed.time == unknown_time;
    const bool first = index_.add(person);
    if (!first && !handed.one_of_several) {
        note(person.id + ": handed in more than once (also " + person.folder +
             "): taken as attempts, in the order of their " +
             (handed.number == 0 ? "times" : "numbers"));
    }
    if (handed.said_late && options_.for_marks) {
        const std::string lab = short_name(options_.labs.front());
        note(person.id + ": the platform says late, not how much: nothing is taken off; by hand " +
             "it is, as in `extra: {" + person.id + ": {" + lab + ": -5}}` of the policy file");
    }
    try {
        take_contents(clean);
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& error) { // with one of them: the others are graded
        add_nothing(clean, Outcome::infrastructure_error, error.what());
    }
}

std::vector<std::string> Collector::run()
{
    index_.begin();
    index_.forget_class();
    discover(options_.submissions, options_.layout,
             {[this](const HandedIn& handed) { take(handed); },
              [this](const std::string& line) { note(line); }});
    index_.commit();
    if (no_times_ && options_.for_marks) {
        note("this export does not say when somebody handed in (its files have the time of the "
             "download): by the policy's dates nobody is late");
    }
    std::ranges::sort(notes_);
    // The same of somebody's several files, say.
    notes_.erase(std::unique(notes_.begin(), notes_.end()), notes_.end());
    if (more_notes_ > 0) {
        notes_.push_back("… and " + std::to_string(more_notes_) + " more");
    }
    return notes_;
}

} // namespace

std::vector<std::string> collect(const CollectOptions& options, Index& index)
{
    return Collector(options, index).run();
}

} // namespace grading
