// The main of every test driver: DRIVER --server='any command' [--result=FILE] [GoogleTest's
// flags]. --tsan-server='any command' starts the same server, built with ThreadSanitizer; without
// it the tests that need one are skipped, because of what --no-tsan=WHY says; they fail when there
// is --hidden-code=WHAT. --jail='any command' starts servers in a jail (warden.h),
// --server-user=UID as this user, who finds in
// --libraries=DIR what servers are started with.
//
// Prints each test's verdict and, when it did not pass, its report; with --result the report goes
// to that file instead, as JSON, for whoever runs the tests one by one.

#include "tests/harness/patience.h"
#include "tests/harness/report.h"
#include "tests/harness/server_process.h"
#include "tests/harness/spawn.h"
#include "tests/harness/story.h"
#include "tests/harness/thread_sanitizer.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <gtest/gtest.h>
#include <sys/statvfs.h>

namespace {

constexpr int usage_error = 2;

struct DriverFlags {
    std::string server;
    std::string tsan_server;
    std::string jail;
    std::string no_tsan = "only make grade and make test build a server with ThreadSanitizer";
    std::string hidden_code;
    std::string result;
    std::string reproduce; // empty: as a student would, with make
};

// A skeleton's server says where it ended: then that is the cause, whatever the test suspected.
void blame_what_is_unwritten(harness::Report& report)
{
    constexpr std::string_view words = " is still to be written";
    const auto end = report.log.find(words);
    if (end == std::string::npos || !report.failure) {
        return;
    }
    const auto begin = report.log.rfind('\n', end) + 1; // 0 when it is the first line
    report.failure->cause = report.log.substr(begin, end + words.size() - begin);
}

// This program is called build/MODE/tests/02-fork_test.
std::string with_make(const std::string& test)
{
    const std::string name = ::program_invocation_short_name;
    return "make test LAB=" + name.substr(0, name.find('-')) + " ONLY=" + test;
}

// In a pod, servers and driver share the room for files: who has filled it is told so.
bool scratch_is_full()
{
    const char* const folder = std::getenv("TMPDIR");
    struct statvfs room {};
    return folder != nullptr && harness::has_jail() && ::statvfs(folder, &room) == 0 &&
           (room.f_bavail == 0 || room.f_favail == 0);
}

// Completes the story that the test's words have told.
void complete(harness::Report& report, const testing::TestInfo& test)
{
    const testing::TestResult& result = *test.result();
    report.seconds = static_cast<double>(result.elapsed_time()) / 1000;
    if (report.verdict != harness::Verdict::not_run) {
        return; // a word of the harness has judged
    }
    report.verdict = harness::Verdict::pass;
    if (result.Failed() && scratch_is_full()) {
        report.verdict = harness::Verdict::fail;
        report.failure = harness::Failure{"a server that leaves room in /tmp and /dev/shm",
                                          "one that has filled them: nothing else can be made",
                                          "files, or the bytes in them, grow without end"};
    } else if (result.Failed()) { // something else: the test itself is broken
        report.verdict = harness::Verdict::inconclusive;
        std::string why;
        for (int i = 0; i < result.total_part_count(); ++i) {
            why += result.GetTestPartResult(i).message();
        }
        report.failure = harness::Failure{"", "the test broke: " + why, ""};
    }
}

class Narrator : public testing::EmptyTestEventListener {
public:
    explicit Narrator(DriverFlags flags) : flags_(std::move(flags)) {}

    [[nodiscard]] bool all_passed() const { return all_passed_; }

private:
    void OnTestStart(const testing::TestInfo& test) override { harness::begin_story(test.name()); }

    void OnTestEnd(const testing::TestInfo& test) override
    {
        harness::Report& report = harness::story();
        complete(report, test);
        blame_what_is_unwritten(report);
        report.reproduce = flags_.reproduce.empty() ? with_make(report.test) : flags_.reproduce;
        all_passed_ = all_passed_ && (report.verdict == harness::Verdict::pass ||
                                      report.verdict == harness::Verdict::skipped);
        if (!flags_.result.empty()) {
            harness::write_atomically(flags_.result, to_json(report));
        } else if (report.verdict == harness::Verdict::pass) {
            std::printf("== Test %s == PASS (%.2fs)\n", report.test.c_str(), report.seconds);
        } else {
            std::printf("%s\n", render(report).c_str());
        }
        std::fflush(stdout);
    }

    DriverFlags flags_;
    bool all_passed_ = true;
};

[[noreturn]] void stop_for(const std::string& flag, const std::string& trouble)
{
    std::fprintf(stderr, "%s: %s: %s\n", ::program_invocation_short_name, flag.c_str(),
                 trouble.c_str());
    std::exit(usage_error);
}

uid_t user_from(std::string_view digits)
{
    uid_t user = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), user);
    if (error != std::errc() || end != digits.end()) {
        stop_for("--server-user", "'" + std::string(digits) + "' is no number of a user");
    }
    return user;
}

// A command as it is given with a flag.
std::vector<std::string> words_of(const std::string& flag, const std::string& command)
{
    try {
        return harness::split_command(command);
    } catch (const std::invalid_argument& error) {
        stop_for(flag, error.what());
    }
}

// What is left of the command line when GoogleTest has taken its own flags.
DriverFlags parse(int argc, char* argv[])
{
    DriverFlags flags;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto value = word.substr(std::min(word.find('='), word.size() - 1) + 1);
        if (word.starts_with("--server=")) {
            flags.server = value;
        } else if (word.starts_with("--tsan-server=")) {
            flags.tsan_server = value;
        } else if (word.starts_with("--jail=")) {
            flags.jail = value;
        } else if (word.starts_with("--server-user=")) {
            harness::set_server_user(user_from(value));
        } else if (word.starts_with("--libraries=")) {
            harness::set_library_folder(std::string(value));
        } else if (word.starts_with("--no-tsan=")) {
            flags.no_tsan = value;
        } else if (word.starts_with("--hidden-code=")) {
            flags.hidden_code = value;
        } else if (word.starts_with("--result=")) {
            flags.result = value;
        } else if (word.starts_with("--reproduce=")) {
            flags.reproduce = value;
        } else {
            std::fprintf(stderr, "unknown flag %s; usage: %s --server='COMMAND' [--result=FILE]\n",
                         argv[i], argv[0]);
            std::exit(usage_error);
        }
    }
    return flags;
}

} // namespace

int main(int argc, char* argv[])
{
    testing::InitGoogleTest(&argc, argv);
    const DriverFlags flags = parse(argc, argv);
    if (words_of("--server", flags.server).empty() && !GTEST_FLAG_GET(list_tests)) {
        stop_for("--server", "which server is to be tested? --server='COMMAND'");
    }
    harness::set_server_command(flags.server);
    harness::set_jail(words_of("--jail", flags.jail));
    harness::set_tsan_command(flags.tsan_server, flags.no_tsan);
    harness::set_hidden_code(flags.hidden_code);
    harness::become_subreaper();
    harness::patience(); // measured now, before a server can keep the machine busy

    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    auto* narrator = new Narrator(flags); // GoogleTest owns it
    listeners.Append(narrator);
    const int broken = RUN_ALL_TESTS();
    return narrator->all_passed() ? broken : 1;
}
