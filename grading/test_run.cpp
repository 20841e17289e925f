#include "grading/test_run.h"

#include "grading/files.h"
#include "grading/jail/lone_user.h"

#include <csignal>
#include <utility>

#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

using harness::Report;
using harness::Verdict;

constexpr std::size_t most_driver_output = 16'384;
constexpr std::uint64_t room_for_driver = 512U << 20U; // and for files in memory
constexpr unsigned most_processes_of_a_pod = 4'000;

// A folder of its own, which the driver may write to and no server sees.
fs::path make_folder(const fs::path& folder, bool for_pod)
{
    fs::remove_all(folder);
    fs::create_directories(folder);
    if (for_pod) {
        fs::create_directory(folder / "memory");
        give_to_stranger(folder / "memory");
        give_to_stranger(folder);
    }
    return folder;
}

std::unique_ptr<Cgroup> make_cgroup(const CgroupHome* home, const std::string& test)
{
    return home == nullptr
               ? nullptr
               : std::make_unique<Cgroup>(*home, "pod-" + std::to_string(::getpid()) + "-" + test,
                                          most_server_memory + room_for_driver,
                                          most_processes_of_a_pod);
}

// The verdicts that a driver can come to.
bool is_of_one_run(Verdict verdict)
{
    return verdict != Verdict::not_run && verdict != Verdict::unstable;
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

} // namespace

TestRun::TestRun(const RunOptions& options, const std::string& test)
    : options_(options), test_(test), output_(memory_file()),
      folder_(make_folder(options.scratch / test, options.jail != nullptr)),
      cgroup_(make_cgroup(options.cgroups, test)),
      user_(options.lone_users ? std::optional(next_lone_user()) : std::nullopt),
      driver_(harness::spawn(command()))
{
}

harness::Command TestRun::command() const
{
    harness::Command command{.arguments = {options_.driver.string(), "--server=" + options_.server,
                                           "--gtest_filter=*." + test_, "--gtest_color=no",
                                           "--result=" + result_file().string()},
                             .directory = {}};
    if (!options_.tsan_server.empty()) {
        command.arguments.push_back("--tsan-server=" + options_.tsan_server);
    } else if (!options_.no_tsan.empty()) {
        command.arguments.push_back("--no-tsan=" + options_.no_tsan);
    }
    if (!options_.hidden_code.empty()) {
        command.arguments.push_back("--hidden-code=" + options_.hidden_code);
    }
    command.output = output_.get();
    command.errors = output_.get();
    if (user_) {
        command.arguments.push_back("--server-user=" + std::to_string(*user_));
        command.arguments.push_back("--libraries=" + options_.libraries.string());
    }
    if (options_.jail != nullptr) {
        const fs::path scratch = folder_ / "memory";
        std::string jail;
        for (const std::string& word : options_.jail->command(scratch)) {
            jail += shell_quoted(word) + " ";
        }
        command.arguments.push_back("--jail=" + jail);
        command = options_.jail->in_pod(command, scratch);
        command.cgroup = cgroup_ ? cgroup_->door() : fs::path();
    }
    return command;
}

harness::Seconds TestRun::left() const
{
    return options_.time_limit - age();
}

// A pod ends as its driver does: 128 + n stands for a signal.
harness::ExitStatus TestRun::as_of_driver(harness::ExitStatus status) const
{
    constexpr int by_signal = 128;
    if (options_.jail != nullptr && status.code > by_signal && status.code < by_signal + NSIG) {
        status.signal = std::exchange(status.code, 0) - by_signal;
    }
    return status;
}

// What the driver wrote, or, when it wrote nothing of use, that the grader broke.
Report TestRun::read_report(const std::string& how_it_ended) const
{
    try {
        if (fs::exists(result_file())) {
            Report report = harness::from_json(contents_of(result_file()));
            if (report.test == test_ && is_of_one_run(report.verdict)) {
                return report;
            }
        }
    } catch (const std::exception&) {
        // half a file, or none of ours: the same as no file
    }
    Report report;
    report.test = test_;
    report.verdict = Verdict::inconclusive;
    report.failure = harness::Failure{
        "", "the grader broke: the test's driver " + how_it_ended + ". Tell your instructor.", ""};
    report.log = contents_of(output_.get(), most_driver_output);
    report.seconds = age().count();
    return report;
}

Report TestRun::take_report(const std::string& how_it_ended)
{
    Report report = read_report(how_it_ended);
    if (took_too_much_memory_ || (cgroup_ && cgroup_->ran_out_of_memory())) {
        blame_memory(report);
    }
    if (user_) {
        sweep_after(*user_);
    }
    fs::remove_all(folder_);
    return report;
}

std::optional<Report> TestRun::outcome()
{
    if (const auto status = driver_.status()) {
        return take_report(to_string(as_of_driver(*status)) + " and left no result");
    }
    if (left().count() > 0) {
        return std::nullopt;
    }
    harness::kill_tree(driver());
    const auto limit = static_cast<int>(options_.time_limit.count());
    return take_report("did not end within " + std::to_string(limit) + " s");
}

void TestRun::stop()
{
    harness::kill_tree(driver());
    if (user_) {
        sweep_after(*user_);
    }
}

} // namespace grading
