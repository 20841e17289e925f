// Every test on every right server, many times, on a machine that is busy otherwise.

#include "grading/files.h"
#include "grading/rubric.h"
#include "tests/harness/own_network.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"
#include "tests/specimens/commands.h"
#include "tests/specimens/pool.h"
#include "tests/specimens/progress.h"
#include "tests/specimens/specimen.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>

namespace specimens {

namespace fs = std::filesystem;
using namespace grading;
using harness::ChildProcess;
using harness::Command;
using harness::Report;
using harness::Verdict;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t runs_a_core = 16; // most of them wait; it is load on top of the busy loops
constexpr std::size_t most_reports = 5; // kept of each test
// Thousands of connections a second, each a minute in TIME_WAIT: more than a kernel's usual room.
constexpr std::size_t room_for_time_waits = 2'000'000;

bool failed(Verdict verdict)
{
    return verdict == Verdict::fail || verdict == Verdict::unstable;
}

struct Tally {
    std::size_t tries = 0;
    std::size_t fails = 0;
    std::size_t inconclusive = 0;
};

// One test on one right server.
struct Trial {
    std::string lab;
    std::string test;
    std::string title; // of the server
    std::string server;
    std::string tsan_server{};
};

class Stress {
public:
    Stress(const Arguments& arguments, const std::vector<std::string>& labs, Interrupt& interrupt);
    void run();
    void print() const;
    [[nodiscard]] Tally total() const;

private:
    void add_lab(const std::string& lab);
    void start(Pool& pool, const Trial& trial);
    void take(const Trial& trial, const Report& report);
    void keep_report(const Trial& trial, const Report& report, std::size_t attempt) const;
    void show_progress();
    [[nodiscard]] std::size_t all_runs() const
    {
        return trials_.size() * static_cast<std::size_t>(arguments_.times);
    }

    const Arguments& arguments_;
    Interrupt& interrupt_;
    TemporaryFolder scratch_;
    std::vector<Trial> trials_;
    std::vector<std::string> tests_;       // "01-iterative SaysWhereItListens", in their order
    std::map<std::string, Tally> tallies_; // by those
    std::size_t started_ = 0;
    Clock::time_point start_ = Clock::now();
};

Stress::Stress(const Arguments& arguments, const std::vector<std::string>& labs,
               Interrupt& interrupt)
    : arguments_(arguments), interrupt_(interrupt), scratch_(arguments.layout.scratch())
{
    std::ranges::for_each(labs, [&](const std::string& lab) { add_lab(lab); });
    if (trials_.empty()) {
        throw std::invalid_argument("'" + arguments.only + "' is no test");
    }
}

void Stress::add_lab(const std::string& lab)
{
    const Layout& layout = arguments_.layout;
    auto wheats = wheats_of(layout, lab);
    compile_all(wheats, layout, lab, interrupt_);
    for (const RubricTest& test : load_rubric(layout.rubric(lab)).tests) {
        if (!arguments_.only.empty() && test.name != arguments_.only) {
            continue;
        }
        tests_.push_back(lab + " " + test.name);
        const fs::path solution = layout.build / "solutions" / lab / "server";
        trials_.push_back({lab, test.name, "the solution", shell_quoted(solution.string())});
        for (const Specimen& wheat : wheats) {
            if (!wheat.trouble.empty()) {
                throw std::runtime_error(lab + ": " + wheat.title() + ": " + wheat.trouble);
            }
            trials_.push_back({lab, test.name, wheat.title(), wheat.server(), wheat.tsan_server});
        }
    }
}

// What the driver wrote; or, when it wrote nothing, that it broke.
Report read_report(const fs::path& file, const std::string& test,
                   const std::optional<harness::ExitStatus>& status, const std::string& output)
{
    try {
        return harness::from_json(contents_of(file));
    } catch (const std::exception&) {
        Report report;
        report.test = test;
        report.verdict = Verdict::inconclusive;
        report.failure = harness::Failure{
            "", "the driver left no result; it " + (status ? to_string(*status) : "did not end"),
            ""};
        report.log = output;
        return report;
    }
}

void Stress::start(Pool& pool, const Trial& trial)
{
    const fs::path result = scratch_.path() / (std::to_string(started_++) + ".json");
    Command command{.arguments = {arguments_.layout.driver(trial.lab).string(),
                                  "--server=" + trial.server, "--gtest_filter=*." + trial.test,
                                  "--result=" + result.string()},
                    .directory = {}};
    if (!trial.tsan_server.empty()) {
        command.arguments.push_back("--tsan-server=" + trial.tsan_server);
    }
    pool.start(command, [this, &trial, result](const auto& status, const std::string& output) {
        take(trial, read_report(result, trial.test, status, output));
        fs::remove(result);
    });
}

void Stress::take(const Trial& trial, const Report& report)
{
    Tally& tally = tallies_[trial.lab + " " + trial.test];
    ++tally.tries;
    tally.fails += failed(report.verdict) ? 1 : 0;
    tally.inconclusive += report.verdict == Verdict::inconclusive ? 1 : 0;
    if (report.verdict != Verdict::pass && report.verdict != Verdict::skipped &&
        tally.fails + tally.inconclusive <= most_reports) {
        keep_report(trial, report, tally.tries);
    }
    show_progress();
}

void Stress::keep_report(const Trial& trial, const Report& report, std::size_t attempt) const
{
    const std::string verdict(to_string(report.verdict));
    const fs::path folder = arguments_.layout.build / "stress" / trial.lab;
    const fs::path file =
        folder / (trial.test + "." + std::to_string(attempt) + "." + verdict + ".txt");
    fs::create_directories(folder);
    harness::write_atomically(file, "on " + trial.title + "\n\n" + render(report));
    note(trial.lab + " " + trial.test + " on " + trial.title + ": " + verdict + "; see " +
         file.string());
}

void Stress::show_progress()
{
    const Tally sum = total();
    const double took = std::chrono::duration<double>(Clock::now() - start_).count();
    const double left =
        took / static_cast<double>(sum.tries) * static_cast<double>(all_runs() - sum.tries);
    const std::string line = std::to_string(sum.tries) + "/" + std::to_string(all_runs()) +
                             " runs, " + std::to_string(sum.fails) + " fails, " +
                             std::to_string(sum.inconclusive) + " inconclusive, " +
                             std::to_string(static_cast<int>(left / 60)) + " min left";
    const std::size_t tenth = std::max<std::size_t>(1, all_runs() / 10);
    if (watched()) {
        show(line);
    } else if (sum.tries % tenth == 0) {
        note(line);
    }
}

void Stress::run()
{
    constexpr std::size_t busy_loops = 4;
    std::vector<ChildProcess> loops; // killed when they go out of scope, or when we die
    for (std::size_t i = 0; i < busy_loops; ++i) {
        loops.push_back(harness::spawn(
            {.arguments = {"/bin/sh", "-c", "while :; do :; done"}, .directory = {}}));
    }
    Pool pool(arguments_.jobs > 0 ? arguments_.jobs : runs_a_core * cores(), interrupt_);
    for (int round = 0; round < arguments_.times; ++round) {
        for (const Trial& trial : trials_) {
            start(pool, trial);
        }
    }
    pool.wait_for_all();
}

Tally Stress::total() const
{
    Tally sum;
    for (const auto& [test, tally] : tallies_) {
        sum.tries += tally.tries;
        sum.fails += tally.fails;
        sum.inconclusive += tally.inconclusive;
    }
    return sum;
}

void Stress::print() const
{
    std::size_t width = 0;
    for (const std::string& test : tests_) {
        width = std::max(width, test.size() + 2);
    }
    const auto line = [&](const std::string& name, const Tally& tally) {
        std::cout << padded(name, width) << right_aligned(tally.tries, 8)
                  << right_aligned(tally.fails, 7) << right_aligned(tally.inconclusive, 14) << '\n';
    };
    show("");
    std::cout << padded("test", width) << "   tries  fails  inconclusive\n";
    for (const std::string& test : tests_) {
        const auto tally = tallies_.find(test);
        line(test, tally == tallies_.end() ? Tally{} : tally->second);
    }
    line("total", total());
}

} // namespace

int run_stress(const Arguments& arguments, const std::vector<std::string>& labs)
{
    if (!harness::enter_own_network(room_for_time_waits)) {
        std::cerr << "note: no network of its own here (namespaces are not allowed): so many "
                     "connections may fill this machine's table of TIME_WAIT\n";
    }
    Interrupt interrupt;
    Stress stress(arguments, labs, interrupt);
    int status = 0;
    try {
        stress.run();
    } catch (const Interrupted&) {
        status = exit_interrupted;
    }
    stress.print();
    harness::kill_descendants();
    return status != 0 ? status : stress.total().fails > 0 ? exit_problems : 0;
}

} // namespace specimens
