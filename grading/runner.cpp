// ready: its grounds are decided ── start ── wait for any ──► take the result ── decide ──► decided
//   ▲                                                                             │
//   └───────────────────────────────── once more ─────────────────────────────────┘

#include "grading/runner.h"

#include "grading/jail/memory_watch.h"
#include "grading/test_run.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <utility>

namespace grading {

namespace {

using harness::Report;
using harness::Verdict;

constexpr std::size_t tries_when_inconclusive = 3;

// A test on its way to a verdict.
struct Job {
    TestResult* result;
    const RubricTest* row;
    std::vector<Report> runs;
    std::optional<TestRun> running{};
    bool decided = false;
};

class Runner {
public:
    Runner(Record& record, const Rubric& rubric, const RunOptions& options, Interrupt& interrupt,
           RunObserver& observer);
    void run();

private:
    [[nodiscard]] std::size_t running() const;
    // False while a test that it depends on is undecided.
    [[nodiscard]] bool ready(const Job& job) const;
    // The test it depends on that did not pass, if there is one.
    [[nodiscard]] const TestResult* failed_ground(const Job& job) const;
    void start_what_is_ready();
    void start(Job& job);
    void wait();
    void watch_memory();
    void collect();
    [[nodiscard]] std::vector<pid_t> drivers() const; // of what is running
    void take(Job& job, Report report);
    void finish(Job& job, Verdict verdict);
    void stop_all();

    Record& record_;
    const RunOptions& options_;
    Interrupt& interrupt_;
    RunObserver& observer_;
    std::vector<Job> jobs_;
    std::size_t at_a_time_;
    std::optional<MemoryWatch> memory_watch_;
};

Runner::Runner(Record& record, const Rubric& rubric, const RunOptions& options,
               Interrupt& interrupt, RunObserver& observer)
    : record_(record), options_(options), interrupt_(interrupt), observer_(observer),
      at_a_time_(harness::at_a_time(options.jobs))
{
    if (options.jail != nullptr) {
        memory_watch_.emplace(most_server_memory);
    } else if (options.lone_users) {
        at_a_time_ = 1;
    }
    for (TestResult& result : record.tests) {
        const bool decided = result.report.verdict != Verdict::not_run;
        jobs_.push_back({&result, rubric.find(result.report.test), {}, {}, decided});
    }
}

std::size_t Runner::running() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(jobs_, [](const Job& job) { return job.running.has_value(); }));
}

bool Runner::ready(const Job& job) const
{
    return !job.decided && !job.running && std::ranges::none_of(jobs_, [&](const Job& other) {
        return options_.heed_grounds && !other.decided &&
               std::ranges::count(job.row->depends_on, other.row->name) > 0;
    });
}

const TestResult* Runner::failed_ground(const Job& job) const
{
    for (const Job& other : jobs_) {
        const Verdict verdict = other.result->report.verdict;
        if (options_.heed_grounds && (verdict == Verdict::fail || verdict == Verdict::not_run) &&
            std::ranges::count(job.row->depends_on, other.row->name) > 0) {
            return other.result;
        }
    }
    return nullptr;
}

void Runner::start(Job& job)
{
    observer_.started(job.row->name);
    job.running.emplace(options_, job.row->name);
    if (const auto user = job.running->user()) {
        memory_watch_.emplace(most_server_memory, *user);
    }
}

void Runner::start_what_is_ready()
{
    // A test that is not run decides those that stand on it: then look again from the first one.
    for (auto job = jobs_.begin(); job != jobs_.end() && running() < at_a_time_;) {
        if (!ready(*job)) {
            ++job;
        } else if (const TestResult* const ground = failed_ground(*job)) {
            job->result->report.failure = harness::Failure{
                "", ground->report.test + ", which this test stands on, did not pass.", ""};
            finish(*job, Verdict::not_run);
            job = jobs_.begin();
        } else {
            start(*job);
        }
    }
}

void Runner::wait()
{
    std::vector<int> pidfds;
    harness::Seconds most = options_.time_limit;
    for (const Job& job : jobs_) {
        if (job.running) {
            pidfds.push_back(job.running->pidfd());
            most = std::min(most, job.running->left());
        }
    }
    if (memory_watch_) {
        most = std::min(most, MemoryWatch::interval);
    }
    interrupt_.wait_for_any(pidfds, most);
}

void Runner::watch_memory()
{
    if (!memory_watch_) {
        return;
    }
    for (const pid_t pod : memory_watch_->look(drivers())) {
        for (Job& job : jobs_) {
            if (job.running && job.running->driver() == pod) {
                job.running->note_that_memory_ran_out();
            }
        }
    }
}

std::vector<pid_t> Runner::drivers() const
{
    std::vector<pid_t> all;
    for (const Job& job : jobs_) {
        if (job.running) {
            all.push_back(job.running->driver());
        }
    }
    return all;
}

void Runner::collect()
{
    for (Job& job : jobs_) {
        if (!job.running) {
            continue;
        }
        if (auto report = job.running->outcome()) {
            job.running.reset();
            harness::kill_children_except(drivers());
            take(job, std::move(*report));
        }
    }
}

void Runner::take(Job& job, Report report)
{
    job.runs.push_back(std::move(report));
    const auto verdict = decide(job.runs, options_.confirm);
    if (!verdict) {
        return;
    }
    // Of an unstable test, the run to show is the one that failed.
    const Verdict shown = *verdict == Verdict::unstable ? Verdict::fail : *verdict;
    job.result->report =
        *std::ranges::find(job.runs.rbegin(), job.runs.rend(), shown, &Report::verdict);
    finish(job, *verdict);
}

void Runner::finish(Job& job, Verdict verdict)
{
    Report& report = job.result->report;
    report.verdict = verdict;
    if (verdict == Verdict::pass) {
        report.wire.clear(); // megabytes of some tests, and nobody will look for a wrong byte
    }
    if (options_.reproduce) {
        report.reproduce = options_.reproduce(job.row->name);
    }
    job.decided = true;
    add_up(record_);
    observer_.decided(*job.result);
}

void Runner::stop_all()
{
    for (Job& job : jobs_) {
        if (job.running) {
            job.running->stop();
            job.running.reset();
        }
    }
    harness::kill_descendants();
}

void Runner::run()
{
    try {
        for (start_what_is_ready(); running() > 0; start_what_is_ready()) {
            wait();
            watch_memory();
            collect();
        }
    } catch (...) {
        stop_all();
        throw;
    }
}

} // namespace

std::optional<Verdict> decide(const std::vector<Report>& runs, bool confirm)
{
    const auto count = [&](Verdict verdict) {
        return static_cast<std::size_t>(std::ranges::count(runs, verdict, &Report::verdict));
    };
    const std::size_t fails = count(Verdict::fail);
    if (fails > 0 && count(Verdict::pass) + count(Verdict::skipped) > 0) {
        return Verdict::unstable; // nor does what a run leaves out undo the other one's fail
    }
    if (fails >= (confirm ? 2U : 1U)) {
        return Verdict::fail;
    }
    for (const Verdict verdict : {Verdict::pass, Verdict::skipped}) {
        if (count(verdict) > 0) {
            return verdict;
        }
    }
    if (count(Verdict::inconclusive) >= tries_when_inconclusive) {
        return Verdict::inconclusive;
    }
    return std::nullopt;
}

void run_tests(Record& record, const Rubric& rubric, const RunOptions& options,
               Interrupt& interrupt, RunObserver& observer)
{
    Runner(record, rubric, options, interrupt, observer).run();
}

} // namespace grading
