// ready: its grounds are decided ── start ── wait for any ──► take the result ── decide ──► decided
//   ▲                                                                             │
//   └───────────────────────────────── once more ─────────────────────────────────┘

#include "grading/runner.h"

#include "grading/files.h"
#include "grading/jail/memory_watch.h"
#include "tests/harness/proc.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>

#include <unistd.h>

namespace grading {

namespace {

using harness::Report;
using harness::Verdict;
using Clock = std::chrono::steady_clock;

constexpr std::size_t tries_when_inconclusive = 3;
constexpr std::size_t most_driver_output = 16'384;
constexpr std::uint64_t room_for_driver = 512U << 20U; // and for files in memory
constexpr unsigned most_processes_of_a_pod = 4'000;

// A run of a driver that has not ended yet.
struct Run {
    std::optional<harness::ChildProcess> driver;
    harness::UniqueFd output;
    std::filesystem::path folder; // that it writes to
    std::filesystem::path result;
    Clock::time_point start;
    std::optional<uid_t> user{};       // of its server
    std::unique_ptr<Cgroup> cgroup{};  // around its pod
    bool took_too_much_memory = false; // the server did, and was stopped
};

// A test on its way to a verdict.
struct Job {
    TestResult* result;
    const RubricTest* row;
    std::vector<Report> runs;
    std::optional<Run> running;
    bool decided = false;
};

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Whatever is below us and no driver was left behind by one that died before it could clean up.
void kill_orphans(const std::vector<pid_t>& drivers)
{
    for (const pid_t child : harness::children_of(::getpid())) {
        if (std::ranges::find(drivers, child) == drivers.end()) {
            harness::kill_tree(child);
        }
    }
}

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
    [[nodiscard]] harness::Command command_for(const Job& job, const Run& run) const;
    void wait();
    void watch_memory();
    [[nodiscard]] harness::ExitStatus as_of_driver(harness::ExitStatus status) const;
    void collect();
    void take_result(Job& job, const std::string& how_it_ended);
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
      at_a_time_(options.jobs > 0 ? options.jobs
                                  : std::max(1U, std::thread::hardware_concurrency()))
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

// A folder of its own, which the driver may write to and no server sees.
std::filesystem::path make_folder(const std::filesystem::path& folder, bool for_pod)
{
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    if (for_pod) {
        std::filesystem::create_directory(folder / "memory");
        give_to_stranger(folder / "memory");
        give_to_stranger(folder);
    }
    return folder;
}

harness::Command Runner::command_for(const Job& job, const Run& run) const
{
    harness::Command command{.arguments = {options_.driver.string(), "--server=" + options_.server,
                                           "--gtest_filter=*." + job.row->name, "--gtest_color=no",
                                           "--result=" + run.result.string()},
                             .directory = {}};
    if (!options_.tsan_server.empty()) {
        command.arguments.push_back("--tsan-server=" + options_.tsan_server);
    } else if (!options_.no_tsan.empty()) {
        command.arguments.push_back("--no-tsan=" + options_.no_tsan);
    }
    command.output = run.output.get();
    command.errors = run.output.get();
    if (run.user) {
        command.arguments.push_back("--server-user=" + std::to_string(*run.user));
    }
    if (options_.jail != nullptr) {
        const auto scratch = run.folder / "memory";
        std::string jail;
        for (const std::string& word : options_.jail->command(scratch)) {
            jail += shell_quoted(word) + " ";
        }
        command.arguments.push_back("--jail=" + jail);
        command = options_.jail->in_pod(command, scratch);
        command.cgroup = run.cgroup ? run.cgroup->door() : std::filesystem::path();
    }
    return command;
}

void Runner::start(Job& job)
{
    observer_.started(job.row->name);
    Run run{.driver = std::nullopt,
            .output = memory_file(),
            .folder = make_folder(options_.scratch / job.row->name, options_.jail != nullptr),
            .result = {},
            .start = Clock::now()};
    run.result = run.folder / "result.json";
    if (options_.cgroups != nullptr) {
        run.cgroup = std::make_unique<Cgroup>(
            *options_.cgroups, "pod-" + std::to_string(::getpid()) + "-" + job.row->name,
            most_server_memory + room_for_driver, most_processes_of_a_pod);
    }
    if (options_.lone_users) {
        run.user = next_lone_user();
        memory_watch_.emplace(most_server_memory, *run.user);
    }
    run.driver.emplace(harness::spawn(command_for(job, run)));
    job.running.emplace(std::move(run));
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
            pidfds.push_back(job.running->driver->pidfd());
            most = std::min(most, options_.time_limit -
                                      harness::Seconds(seconds_since(job.running->start)));
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
    std::vector<pid_t> pods;
    for (const Job& job : jobs_) {
        if (job.running) {
            pods.push_back(job.running->driver->pid());
        }
    }
    for (const pid_t pod : memory_watch_->look(pods)) {
        for (Job& job : jobs_) {
            if (job.running && job.running->driver->pid() == pod) {
                job.running->took_too_much_memory = true;
            }
        }
    }
}

// A pod ends as its driver does: 128 + n stands for a signal.
harness::ExitStatus Runner::as_of_driver(harness::ExitStatus status) const
{
    constexpr int by_signal = 128;
    if (options_.jail != nullptr && status.code > by_signal && status.code < by_signal + NSIG) {
        status.signal = std::exchange(status.code, 0) - by_signal;
    }
    return status;
}

void Runner::collect()
{
    for (Job& job : jobs_) {
        if (!job.running) {
            continue;
        }
        if (const auto status = job.running->driver->status()) {
            take_result(job, to_string(as_of_driver(*status)) + " and left no result");
        } else if (seconds_since(job.running->start) >= options_.time_limit.count()) {
            harness::kill_tree(job.running->driver->pid());
            const auto limit = static_cast<int>(options_.time_limit.count());
            take_result(job, "did not end within " + std::to_string(limit) + " s");
        }
    }
}

// The verdicts that a driver can come to.
bool is_of_one_run(Verdict verdict)
{
    return verdict != Verdict::not_run && verdict != Verdict::unstable;
}

// What the driver wrote, or, when it wrote nothing of use, that the grader broke.
Report read_report(const Run& run, const std::string& test, const std::string& how_it_ended)
{
    try {
        if (std::filesystem::exists(run.result)) {
            Report report = harness::from_json(contents_of(run.result));
            if (report.test == test && is_of_one_run(report.verdict)) {
                return report;
            }
        }
    } catch (const std::exception&) {
        // half a file, or none of ours: the same as no file
    }
    Report report;
    report.test = test;
    report.verdict = Verdict::inconclusive;
    report.failure = harness::Failure{
        "", "the grader broke: the test's driver " + how_it_ended + ". Tell your instructor.", ""};
    report.log = contents_of(run.output.get(), most_driver_output);
    report.seconds = seconds_since(run.start);
    return report;
}

// Whatever the driver made of its server's sudden end.
void blame_memory(Report& report)
{
    const std::string most = std::to_string(most_server_memory >> 30U) + " GiB";
    report.verdict = Verdict::fail;
    report.failure =
        harness::Failure{"a server that needs less than " + most + " of memory",
                         "one that used more, with all that it had started, and was stopped",
                         "something grows without end: memory for each byte, process or connection "
                         "that is never given back"};
}

void Runner::take_result(Job& job, const std::string& how_it_ended)
{
    job.runs.push_back(read_report(*job.running, job.row->name, how_it_ended));
    if (job.running->took_too_much_memory ||
        (job.running->cgroup && job.running->cgroup->ran_out_of_memory())) {
        blame_memory(job.runs.back());
    }
    if (job.running->user) {
        sweep_after(*job.running->user);
    }
    std::filesystem::remove_all(job.running->folder);
    job.running.reset();
    std::vector<pid_t> drivers;
    for (const Job& other : jobs_) {
        if (other.running) {
            drivers.push_back(other.running->driver->pid());
        }
    }
    kill_orphans(drivers);
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
            harness::kill_tree(job.running->driver->pid());
            if (job.running->user) {
                sweep_after(*job.running->user);
            }
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
    if (fails > 0 && count(Verdict::pass) > 0) {
        return Verdict::unstable;
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
