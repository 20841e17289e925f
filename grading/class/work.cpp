// next unit ── has a record? ── start grade ── wait for any ──► its record ── publish
//                                   ▲                              │
//                                   └── the grader is to blame ────┘

#include "grading/class/work.h"

#include "grading/class/store.h"
#include "grading/files.h"
#include "grading/identity.h"
#include "grading/record.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <list>
#include <optional>

namespace grading {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using harness::Verdict;

constexpr std::size_t most_errors = 4'096;

// What one try came to.
struct Try {
    std::optional<Record> record; // nothing: there is none that may count
    std::string json;
    std::string why;
};

bool is_certain(const Try& tried)
{
    return tried.record && std::ranges::none_of(tried.record->tests, [](const TestResult& test) {
               return test.report.verdict == Verdict::inconclusive;
           });
}

struct Running {
    Unit unit;
    harness::ChildProcess grade;
    harness::UniqueFd errors;
    fs::path folder; // of this try
    Clock::time_point start;
    unsigned number;         // of the try, from 1
    std::optional<Try> best; // of those before
};

class Worker {
public:
    Worker(const WorkOptions& options, Interrupt& interrupt, const UnitObserver& observer)
        : options_(options), interrupt_(interrupt), observer_(observer), manifest_(options.out),
          scratch_(options.out), at_a_time_(harness::at_a_time(options.jobs))
    {
    }
    void run();

private:
    void fill();
    void start(const Unit& unit, unsigned number, std::optional<Try> best);
    void wait();
    void collect();
    void end(Running& run, const std::string& how);
    Try result_of(const Running& run, const std::string& how) const;
    void settle(const Unit& unit, const Try& tried);
    [[nodiscard]] std::vector<pid_t> graders() const;
    void stop_all();

    const WorkOptions& options_;
    Interrupt& interrupt_;
    const UnitObserver& observer_;
    ManifestReader manifest_;
    Scratch scratch_;
    std::size_t at_a_time_;
    std::size_t position_ = 0;
    std::size_t tries_ = 0;
    std::list<Running> running_;
};

void Worker::start(const Unit& unit, unsigned number, std::optional<Try> best)
{
    const ManifestHead& head = manifest_.head();
    const fs::path folder = scratch_.path() / std::to_string(++tries_);
    fs::create_directory(folder);
    for (const fs::path& path : {scratch_.path().parent_path(), scratch_.path(), folder}) {
        fs::permissions(path, fs::perms(0711)); // below, strangers' programs start as nobody's user
    }
    harness::Command command{
        .arguments = {(head.root / head.build / "grading/grade").string(), "--root",
                      head.root.string(), "--build", head.build.string(), "--lab", unit.lab,
                      "--submission", (options_.out / unit.source).string(), "--only-record",
                      "--record", (folder / "record.json").string(), "--scratch", folder.string(),
                      "--jobs", "1", "--tier", head.tier},
        .directory = {}};
    command.more_environment = {"TMPDIR=" + folder.string()};
    harness::UniqueFd errors = memory_file();
    command.errors = errors.get();
    running_.push_back({unit, harness::spawn(command), std::move(errors), folder, Clock::now(),
                        number, std::move(best)});
}

void Worker::fill()
{
    while (running_.size() < at_a_time_ && position_ < options_.last) {
        const auto unit = manifest_.next();
        if (!unit) {
            position_ = options_.last;
            return;
        }
        if (position_++ < options_.first) {
            continue;
        }
        if (fs::exists(record_file(options_.out, unit->lab, unit->key))) {
            observer_(*unit, UnitEnd::had_record, "");
        } else {
            start(*unit, 1, std::nullopt);
        }
    }
}

void Worker::wait()
{
    std::vector<int> pidfds;
    harness::Seconds most{options_.limit};
    for (const Running& run : running_) {
        pidfds.push_back(run.grade.pidfd());
        most = std::min<harness::Seconds>(most, harness::Seconds(options_.limit) -
                                                    (Clock::now() - run.start));
    }
    interrupt_.wait_for_any(pidfds, most);
}

std::vector<pid_t> Worker::graders() const
{
    std::vector<pid_t> pids;
    std::ranges::transform(running_, std::back_inserter(pids),
                           [](const Running& run) { return run.grade.pid(); });
    return pids;
}

void Worker::collect()
{
    for (auto run = running_.begin(); run != running_.end();) {
        auto status = run->grade.status();
        const bool too_long = Clock::now() - run->start >= harness::Seconds(options_.limit);
        if (!status && !too_long) {
            ++run;
            continue;
        }
        if (!status) {
            harness::kill_tree(run->grade.pid());
        }
        std::list<Running> ended;
        ended.splice(ended.begin(), running_, run++);
        harness::kill_children_except(graders()); // a killed one's driver, and its server
        end(ended.front(), status ? to_string(*status) : "did not end in time");
    }
}

// The keys say what was graded with what: a record of anything else is not this unit's.
Try Worker::result_of(const Running& run, const std::string& how) const
{
    try {
        const fs::path file = run.folder / "record.json";
        Try tried;
        tried.json = fs::exists(file) ? contents_of(file) : "";
        if (tried.json.empty()) {
            const std::string said = contents_of(run.errors.get(), most_errors);
            tried.why = "grade " + how + (said.empty() ? "" : ": " + said);
            return tried;
        }
        Record record = record_from_json(tried.json);
        if (record.outcome == Outcome::infrastructure_error || !record.complete) {
            tried.why = record.sentence.empty() ? "grade " + how : record.sentence;
        } else if (record_key(record.hashes) != run.unit.key) {
            tried.why = "the submission, the tests or the compiler changed during the run";
        } else {
            tried.record = std::move(record);
        }
        return tried;
    } catch (const std::exception& error) {
        return {std::nullopt, "", error.what()};
    }
}

std::size_t uncertain_tests(const Record& record)
{
    return static_cast<std::size_t>(std::ranges::count_if(record.tests, [](const TestResult& test) {
        return test.report.verdict == Verdict::inconclusive;
    }));
}

bool is_better(const Try& one, const std::optional<Try>& other)
{
    if (!other || !one.record || !other->record) {
        return !other || one.record || !other->record;
    }
    return uncertain_tests(*one.record) < uncertain_tests(*other->record);
}

void Worker::end(Running& run, const std::string& how)
{
    Try tried = result_of(run, how);
    std::error_code ignored;
    fs::remove_all(run.folder, ignored);
    if (is_certain(tried)) {
        return settle(run.unit, tried);
    }
    std::optional<Try> best = std::move(run.best);
    if (is_better(tried, best)) {
        best = std::move(tried);
    }
    if (run.number < options_.tries) {
        start(run.unit, run.number + 1, std::move(best));
    } else {
        settle(run.unit, *best);
    }
}

std::string one_line(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void Worker::settle(const Unit& unit, const Try& tried)
{
    if (tried.record) {
        publish_record(options_.out, unit, tried.json, scratch_.path());
        return observer_(unit, is_certain(tried) ? UnitEnd::graded : UnitEnd::inconclusive, "");
    }
    const std::string why = one_line(harness::readable(tried.why, 1'000));
    const fs::path file = trouble_file(options_.out, unit.lab, unit.key);
    fs::create_directories(file.parent_path());
    harness::write_atomically(file, why + "\n" + tried.json);
    observer_(unit, UnitEnd::failed, why);
}

void Worker::stop_all()
{
    for (Running& run : running_) {
        harness::kill_tree(run.grade.pid());
    }
    running_.clear();
    harness::kill_descendants();
}

void Worker::run()
{
    try {
        for (fill(); !running_.empty(); fill()) {
            wait();
            collect();
        }
    } catch (...) {
        stop_all();
        throw;
    }
}

} // namespace

void work(const WorkOptions& options, Interrupt& interrupt, const UnitObserver& observer)
{
    Worker(options, interrupt, observer).run();
}

} // namespace grading
