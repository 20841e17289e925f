#include "grading/session.h"

#include "grading/chaff.h"
#include "grading/compile.h"
#include "grading/exporters/exporters.h"
#include "grading/exporters/formats.h"
#include "grading/files.h"
#include "grading/forgery.h"
#include "grading/identity.h"
#include "grading/jail/tier.h"
#include "grading/runner.h"
#include "grading/thread_sanitizer.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

using harness::Verdict;

bool wants_colour(int fd)
{
    const char* const no_colour = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
           terminal != nullptr && std::string_view(terminal) != "dumb";
}

void print(const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

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
    // Without a jail the command that starts this program; else it is put there, under this name.
    std::string admit(const fs::path& program, const std::string& name);
    [[nodiscard]] bool is_students_own() const
    {
        return request_.submission.empty() && request_.server.empty();
    }
    void keep_only(const std::vector<std::string>& names);
    [[nodiscard]] std::string reproduce(const std::string& test) const;
    [[nodiscard]] fs::path record_file() const;
    void write_record(const fs::path& file);
    void grade();
    // The command that starts the server under test; nothing when there is no server.
    std::optional<std::string> prepare_server();
    std::optional<std::string> compile_submission();
    // The same server once more, for a lab whose tests want that; false when there is none to test.
    bool prepare_tsan_server();
    [[nodiscard]] CompileOptions compile_options(const fs::path& command,
                                                 const fs::path& scratch) const;
    void note_compilation(const Compiled& compiled);
    void note_hashes(const fs::path& submission);
    void run_tests_of(const std::string& server);
    [[nodiscard]] bool is_sanitized() const;
    void settle();
    [[nodiscard]] std::string exported() const;
    void publish();
    void show_progress(const std::string& line) const;
    void show_running() const;
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
    std::vector<ServerJail::Program> admitted_;
    std::string tsan_server_; // a command; empty: there is none …
    std::string no_tsan_;     // … because of this
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::optional<bool> earlier_; // there is a record of before this run, to be remembered
    std::size_t done_ = 0;
    std::vector<std::string> running_;
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

Session::Session(const Request& request)
    : request_(unnamed(request)), rubric_(load_rubric(request.layout.rubric(request.lab))),
      record_(blank_record(request.lab, rubric_)), tier_(choose_sandbox()),
      scratch_(tier_ == Tier::c          ? fs::temp_directory_path()
               : request.scratch.empty() ? request.layout.scratch()
                                         : request.scratch)
{
    record_.submission = !request_.server.empty() ? request_.server
                         : !request_.submission.empty()
                             ? request_.submission.string()
                             : request_.layout.students_folder(request_.lab).string();
    keep_only(request_.only);
    remove_abandoned(request_.layout.scratch());
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

std::string Session::admit(const fs::path& program, const std::string& name)
{
    if (tier_ == Tier::d || tier_ == Tier::c) {
        return shell_quoted(program.string());
    }
    std::string inside = "/srv/" + name;
    admitted_.push_back({program, inside});
    return inside;
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
fs::path Session::record_file() const
{
    if (!request_.record.empty() || !request_.only.empty()) {
        return request_.record;
    }
    const fs::path own = request_.layout.record(request_.lab);
    return is_students_own()
               ? own
               : own.parent_path() / request_.lab / (file_name_from(record_.submission) + ".json");
}

std::optional<std::string> Session::prepare_server()
{
    if (!request_.server.empty()) {
        const fs::path command = scratch_.path() / "command";
        harness::write_atomically(command, request_.server);
        note_hashes(command);
        return request_.server;
    }
    if (request_.quick) {
        const fs::path server = request_.layout.students_server(request_.lab);
        if (!fs::exists(server)) {
            throw std::runtime_error(
                server.string() + " is not built; run make test LAB=" + short_name(request_.lab));
        }
        return shell_quoted(server.string());
    }
    return compile_submission();
}

std::optional<std::string> Session::compile_submission()
{
    show_progress("compiling");
    const Compiled compiled =
        compile(record_.submission,
                compile_options(request_.layout.compile_command(), scratch_.path()), interrupt_);
    note_compilation(compiled);
    if (!compiled.source.empty()) {
        note_hashes(compiled.source);
    }
    return compiled.outcome == Outcome::graded ? std::optional(admit(compiled.program, "server"))
                                               : std::nullopt;
}

CompileOptions Session::compile_options(const fs::path& command, const fs::path& scratch) const
{
    CompileOptions options;
    options.command = contents_of(command);
    options.scratch = scratch;
    options.time_limit = harness::Seconds(request_.compile_limit);
    options.jail = tier_ == Tier::d ? nullptr : &request_.layout;
    options.bare = tier_ == Tier::c;
    return options;
}

void Session::note_compilation(const Compiled& compiled)
{
    record_.outcome = compiled.outcome;
    record_.sentence = compiled.sentence;
    record_.compiler_output = compiled.output;
}

bool Session::prepare_tsan_server()
{
    if (!rubric_.thread_sanitizer) {
        return true;
    }
    if (!request_.server.empty()) {
        no_tsan_ = "only a server.cpp can be built with ThreadSanitizer, not a command";
        return true;
    }
    show_progress("compiling with ThreadSanitizer");
    const fs::path command = request_.layout.tsan_compile_command();
    const fs::path scratch = scratch_.path() / "tsan";
    const auto sanitizer = find_thread_sanitizer(compile_options(command, scratch), interrupt_);
    no_tsan_ = sanitizer.why_none;
    if (!no_tsan_.empty()) {
        return true;
    }
    if (request_.quick) {
        tsan_server_ = sanitizer.command_for(
            shell_quoted(request_.layout.students_tsan_server(request_.lab).string()));
        return true;
    }
    Compiled compiled = compile(record_.submission, compile_options(command, scratch), interrupt_);
    if (compiled.outcome != Outcome::graded) {
        compiled.sentence += " (With -fsanitize=thread; without it, it did.)";
        note_compilation(compiled);
        return false;
    }
    tsan_server_ = sanitizer.command_for(admit(compiled.program, "tsan-server"));
    return true;
}

// By these three somebody else can tell whether the result would be the same again.
void Session::note_hashes(const fs::path& submission)
{
    if (request_.quick) {
        return; // nobody will ask, and the student is waiting
    }
    record_.hashes = {hashes_of({submission}).at(0),
                      suite_hash(request_.layout, request_.lab, hashes_of),
                      toolchain_hash(request_.layout, hashes_of)};
}

// In MODE=asan every server is.
bool Session::is_sanitized() const
{
    return contents_of(request_.layout.compile_command()).find("-fsanitize") != std::string::npos;
}

void Session::run_tests_of(const std::string& server)
{
    RunOptions options;
    options.driver = request_.layout.driver(request_.lab);
    options.server = server;
    options.tsan_server = tsan_server_;
    options.no_tsan = no_tsan_;
    options.scratch = scratch_.path();
    options.jobs = request_.jobs;
    options.time_limit = harness::Seconds(request_.time_limit);
    options.confirm = !request_.quick;
    options.heed_grounds = request_.only.empty();
    options.reproduce = [this](const std::string& test) { return reproduce(test); };
    std::optional<ServerJail> jail;
    if (tier_ != Tier::d) {
        jail.emplace(request_.layout, scratch_.path() / "jail", admitted_,
                     !tsan_server_.empty() || is_sanitized());
    }
    if (tier_ == Tier::c) {
        options.lone_users = true;
        const std::string bare = jail->bare_command(request_.layout);
        options.server = bare + server;
        options.tsan_server = tsan_server_.empty() ? "" : bare + tsan_server_;
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
    const bool nothing_certain = std::ranges::all_of(record_.tests, [](const TestResult& test) {
        return test.report.verdict == Verdict::inconclusive;
    });
    if (nothing_certain && !record_.tests.empty()) {
        record_.outcome = Outcome::infrastructure_error;
        record_.sentence =
            "No test came to a certain verdict: " + record_.tests[0].report.failure->got;
    }
}

void Session::grade()
{
    publish(); // a file that cannot be written is better known now
    if (const fs::path driver = request_.layout.driver(request_.lab); !fs::exists(driver)) {
        throw std::runtime_error(driver.string() + " is not built; run make");
    }
    if (const auto server = prepare_server(); server && prepare_tsan_server()) {
        run_tests_of(*server);
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
        record_.sentence += earlier_.value_or(false) ? " The result of before is kept." : "";
        status = exit_interrupted;
    } catch (const std::exception& error) {
        record_.outcome = Outcome::infrastructure_error;
        record_.sentence = error.what();
    }
    show_progress("");
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
    if (const fs::path file = record_file(); !file.empty()) {
        write_record(file);
    }
    if (!request_.out.empty()) {
        harness::write_atomically(request_.out, exported());
    }
}

// A result of before stays the one that is remembered until this one is whole: an interrupt must
// not cost the student the marks of yesterday.
void Session::write_record(const fs::path& file)
{
    fs::create_directories(fs::absolute(file).parent_path());
    if (!earlier_) {
        earlier_ = request_.record.empty() && fs::exists(file);
    }
    const fs::path unfinished = file.string() + ".part";
    if (*earlier_ && !record_.complete) {
        harness::write_atomically(unfinished, to_json(record_));
    } else {
        harness::write_atomically(file, to_json(record_));
        fs::remove(unfinished);
    }
}

// A line that the next one replaces, for somebody who watches.
void Session::show_progress(const std::string& line) const
{
    if (::isatty(STDERR_FILENO) == 1) {
        std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    }
}

void Session::show_running() const
{
    if (running_.empty()) {
        return show_progress("");
    }
    const std::string all = std::to_string(record_.tests.size());
    const std::string number = std::to_string(done_ + 1);
    const std::string padding(all.size() > number.size() ? all.size() - number.size() : 0, ' ');
    show_progress("[" + padding + number + "/" + all + "] " + running_.back());
}

void Session::started(const std::string& test)
{
    std::erase(running_, test); // it runs again
    running_.push_back(test);
    show_running();
}

void Session::decided(const TestResult& result)
{
    ++done_;
    std::erase(running_, result.report.test);
    if (prints_lines()) {
        show_progress("");
        print(test_line(result, colour_));
    }
    show_running();
    if (!request_.quick && !request_.only_record) {
        publish();
    }
}

} // namespace

namespace {

Record record_given(const fs::path& file)
{
    try {
        return load_record(file);
    } catch (const std::exception& error) {
        throw std::invalid_argument(std::string("--record ") + error.what());
    }
}

} // namespace

void export_record(const fs::path& record, const Request& request)
{
    const Record what = record_given(record);
    const auto labs = labs_in(request.layout);
    const bool known = std::ranges::find(labs, what.lab) != labs.end(); // else without task titles
    const Rubric rubric = known ? load_rubric(request.layout.rubric(what.lab)) : Rubric{};
    const std::string text = format_named(request.format).make(what, rubric);
    if (request.out.empty()) {
        print(text);
    } else {
        harness::write_atomically(request.out, text);
    }
}

int grade_one(const Request& request)
{
    std::signal(SIGPIPE, SIG_IGN); // nobody reads our output any more: the record is still written
    harness::become_subreaper();
    return Session(request).run();
}

} // namespace grading
