#include "grading/session.h"

#include "grading/candidate.h"
#include "grading/chaff.h"
#include "grading/exporters/exporters.h"
#include "grading/exporters/formats.h"
#include "grading/files.h"
#include "grading/forgery.h"
#include "grading/jail/tier.h"
#include "grading/record_file.h"
#include "grading/runner.h"
#include "grading/terminal.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>

#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

using harness::Verdict;

// The value of a variable on make's command line, where $ starts a reference.
std::string make_quoted(const std::string& value)
{
    std::string text;
    for (const char c : value) {
        text += c == '$' ? "$$" : std::string(1, c);
    }
    return shell_quoted(text);
}

// A name for a file, made of what somebody gave as a folder or a command.
std::string file_name_from(std::string text)
{
    const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_'; };
    std::ranges::replace_if(
        text, [&](char c) { return !plain(static_cast<unsigned char>(c)); }, '-');
    constexpr std::size_t most = 80;
    return text.substr(text.size() > most ? text.size() - most : 0);
}

class Session : private RunObserver {
public:
    explicit Session(const Request& request);
    int run();

private:
    void started(const std::string& test) override;
    void decided(const TestResult& result) override;

    Tier choose_sandbox();
    [[nodiscard]] bool is_students_own() const
    {
        return request_.submission.empty() && request_.server.empty();
    }
    void keep_only(const std::vector<std::string>& names);
    [[nodiscard]] std::string reproduce(const std::string& test) const;
    [[nodiscard]] fs::path place_of_record() const;
    void grade();
    void run_tests_of(const Candidate& candidate);
    [[nodiscard]] bool is_sanitized() const;
    void settle();
    [[nodiscard]] std::string exported() const;
    void publish();
    [[nodiscard]] bool prints_lines() const
    {
        return request_.format == "text" && request_.out.empty() && !request_.only_record;
    }
    [[nodiscard]] int exit_status() const;
    [[nodiscard]] bool is_as_expected() const;

    Request request_;
    Rubric rubric_;
    Record record_;
    Interrupt interrupt_;
    Tier tier_; // before what follows: it says where that is
    TemporaryFolder scratch_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    RecordFile file_;
    RunningLine line_;
    bool colour_ = wants_colour(STDOUT_FILENO);
};

// The student's own work may be named, or simply meant.
Request unnamed(Request request)
{
    const Layout& layout = request.layout;
    if (request.submission.lexically_normal() == layout.students_folder(request.lab)) {
        request.submission.clear();
    }
    if (request.quick && request.server == layout.students_server(request.lab)) {
        request.server.clear();
    }
    return request;
}

Record record_for(const Request& request, const Rubric& rubric)
{
    Record record = blank_record(request.lab, rubric);
    record.submission = !request.server.empty() ? request.server
                        : !request.submission.empty()
                            ? request.submission.string()
                            : request.layout.students_folder(request.lab).string();
    return record;
}

Session::Session(const Request& request)
    : request_(unnamed(request)), rubric_(load_rubric(request.layout.rubric(request.lab))),
      record_(record_for(request_, rubric_)), tier_(choose_sandbox()),
      scratch_(tier_ == Tier::c          ? fs::temp_directory_path()
               : request.scratch.empty() ? request.layout.scratch()
                                         : request.scratch),
      file_(place_of_record(), request_.record.empty())
{
    keep_only(request_.only);
    remove_abandoned(request_.layout.scratch());
    if (tier_ == Tier::c) {
        ::umask(S_IWGRP | S_IWOTH); // what its user must read and run depends on no caller
    }
    if (tier_ != Tier::d) {
        fs::permissions(scratch_.path(), fs::perms(0711)); // others enter and see nothing
    }
}

Tier Session::choose_sandbox()
{
    const Choice choice =
        !request_.server.empty()
            ? choose_without_jail(request_.tier,
                                  "only a server.cpp can be put into a jail, not a command")
        : request_.quick ? choose_without_jail(request_.tier, "the fast loop is for your own work")
                         : choose_tier(request_.tier, request_.layout);
    record_.tier = to_string(choice.tier);
    record_.tier_why = choice.why;
    return choice.tier;
}

void Session::keep_only(const std::vector<std::string>& names)
{
    for (const std::string& name : names) {
        if (rubric_.find(name) == nullptr) {
            std::string list;
            std::ranges::for_each(rubric_.tests,
                                  [&](const auto& row) { list += "\n  " + row.name; });
            throw std::invalid_argument("'" + harness::printable(name) + "' is no test of lab " +
                                        request_.lab + "; there are:" + list);
        }
    }
    if (!names.empty()) {
        std::erase_if(record_.tests, [&](const TestResult& test) {
            return std::ranges::find(names, test.report.test) == names.end();
        });
        add_up(record_);
    }
}

std::string Session::reproduce(const std::string& test) const
{
    std::string line = request_.quick ? "make test" : "make grade";
    line += " LAB=" + short_name(request_.lab);
    if (const std::string mode = request_.layout.build.filename().string(); mode != "debug") {
        line += " MODE=" + mode;
    }
    if (!request_.server.empty()) {
        line += " SERVER=" + make_quoted(request_.server);
    } else if (!request_.submission.empty()) {
        line += " SUBMISSION=" + make_quoted(request_.submission.string());
    }
    return line + " ONLY=" + test;
}

// Empty when none is to be written: one test alone says too little about a lab to be remembered.
fs::path Session::place_of_record() const
{
    if (!request_.record.empty() || !request_.only.empty()) {
        return request_.record;
    }
    const fs::path own = request_.layout.record(request_.lab);
    return is_students_own()
               ? own
               : own.parent_path() / request_.lab / (file_name_from(record_.submission) + ".json");
}

// In MODE=asan every server is.
bool Session::is_sanitized() const
{
    return contents_of(request_.layout.compile_command(request_.lab)).find("-fsanitize") !=
           std::string::npos;
}

void Session::run_tests_of(const Candidate& candidate)
{
    RunOptions options;
    options.driver = request_.layout.driver(request_.lab);
    options.server = candidate.server;
    options.tsan_server = candidate.tsan_server;
    options.no_tsan = candidate.no_tsan;
    options.hidden_code = candidate.hidden_code;
    options.scratch = scratch_.path();
    options.jobs = request_.jobs;
    options.time_limit = harness::Seconds(request_.time_limit);
    options.confirm = !request_.quick;
    options.heed_grounds = request_.only.empty();
    options.reproduce = [this](const std::string& test) { return reproduce(test); };
    std::optional<ServerJail> jail;
    if (tier_ != Tier::d) {
        jail.emplace(request_.layout, scratch_.path() / "jail", candidate.admitted,
                     !candidate.tsan_server.empty() || is_sanitized());
    }
    if (tier_ == Tier::c) {
        options.lone_users = true;
        options.libraries = jail->bare_libraries(options.driver);
        const std::string bare = jail->bare_command(request_.layout);
        options.server = bare + candidate.server;
        options.tsan_server = candidate.tsan_server.empty() ? "" : bare + candidate.tsan_server;
    } else if (jail) {
        options.jail = &*jail;
    }
    std::optional<CgroupHome> cgroups;
    if (tier_ == Tier::a) {
        options.cgroups = &cgroups.emplace();
    }
    run_tests(record_, rubric_, options, interrupt_, *this);
}

namespace {

// A step that is still to be written fails like many a bug, and is none.
bool is_unfinished(const Record& record)
{
    return std::ranges::any_of(record.tests, [](const TestResult& test) {
        return test.report.log.find("is still to be written") != std::string::npos;
    });
}

} // namespace

// What can be said only when every test has run.
void Session::settle()
{
    record_.complete = true;
    note_forgeries(record_);
    if (request_.only.empty() && !is_unfinished(record_)) {
        note_chaff(record_, load_chaffs(request_.layout.chaffs(request_.lab)));
    }
    const bool nothing_certain = std::ranges::all_of(
        record_.tests, [](const TestResult& test) { return counts_not(test.report.verdict); });
    if (nothing_certain && !record_.tests.empty()) {
        const auto& why = record_.tests[0].report.failure;
        record_.outcome = Outcome::infrastructure_error;
        record_.sentence = "No test came to a certain verdict: " + (why ? why->got : "");
    }
}

void Session::grade()
{
    publish(); // a file that cannot be written is better known now
    if (const fs::path driver = request_.layout.driver(request_.lab); !fs::exists(driver)) {
        throw std::runtime_error(driver.string() + " is not built; run make");
    }
    const auto candidate =
        prepare_candidate({request_, rubric_, tier_, scratch_.path(),
                           [this](const std::string& what) { line_.show(what); }},
                          record_, interrupt_);
    if (candidate) {
        run_tests_of(*candidate);
        settle();
    } else {
        record_.complete = true;
    }
}

int Session::run()
{
    int status = -1;
    try {
        grade();
    } catch (const Interrupted&) {
        record_.sentence = "The grading was interrupted before every test had run.";
        record_.sentence += file_.has_earlier() ? " The result of before is kept." : "";
        status = exit_interrupted;
    } catch (const std::exception& error) {
        record_.outcome = Outcome::infrastructure_error;
        record_.sentence = error.what();
    }
    line_.clear();
    publish();
    if (record_.outcome == Outcome::infrastructure_error && !prints_lines()) {
        std::fprintf(stderr, "grade: %s\n", harness::readable(record_.sentence, 1000).c_str());
    }
    if (request_.out.empty() && !request_.only_record) {
        print(request_.format != "text" ? exported()
              : request_.quick          ? quick_summary(record_, colour_)
                                        : summary(record_, rubric_, colour_));
    }
    return status == -1 ? exit_status() : status;
}

int Session::exit_status() const
{
    if (record_.outcome == Outcome::infrastructure_error) {
        return exit_infrastructure;
    }
    const bool all_well = std::ranges::all_of(record_.tests, [](const TestResult& test) {
        return test.report.verdict == Verdict::pass || test.report.verdict == Verdict::skipped;
    });
    return (request_.quick && !all_well) || !is_as_expected() ? exit_failed : exit_graded;
}

// Each test that is not as expected is named on stderr.
bool Session::is_as_expected() const
{
    bool as_expected = request_.expect == Expect::anything || !record_.tests.empty();
    for (const TestResult& test : record_.tests) {
        const RubricTest* const row = rubric_.find(test.report.test);
        const bool must_pass = request_.expect == Expect::all_pass || row->free;
        const bool passed = test.report.verdict == Verdict::pass ||
                            (must_pass && test.report.verdict == Verdict::skipped);
        if (request_.expect != Expect::anything && passed != must_pass) {
            std::fprintf(stderr, "%s: %s, but it should %s\n", test.report.test.c_str(),
                         std::string(to_string(test.report.verdict)).c_str(),
                         must_pass ? "pass" : "not pass");
            as_expected = false;
        }
    }
    return as_expected;
}

std::string Session::exported() const
{
    return format_named(request_.format).make(record_, rubric_);
}

void Session::publish()
{
    record_.finished = now_utc();
    record_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    file_.write(record_);
    if (!request_.out.empty()) {
        harness::write_atomically(request_.out, exported());
    }
}

void Session::started(const std::string& test)
{
    line_.start(test);
    line_.show_tests(record_.tests.size());
}

void Session::decided(const TestResult& result)
{
    line_.end(result.report.test);
    if (prints_lines()) {
        line_.clear();
        print(test_line(result, colour_));
    }
    line_.show_tests(record_.tests.size());
    if (!request_.quick && !request_.only_record) {
        publish();
    }
}

} // namespace

int grade_one(const Request& request)
{
    std::signal(SIGPIPE, SIG_IGN); // nobody reads our output any more: the record is still written
    harness::become_subreaper();
    return Session(request).run();
}

} // namespace grading
