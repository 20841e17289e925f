#include "grading/compile.h"

#include "common/errors.h"
#include "grading/files.h"
#include "grading/given.h"
#include "grading/jail/jail.h"
#include "grading/near_miss.h"
#include "grading/own_time.h"
#include "grading/source_file.h"
#include "tests/harness/patience.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr rlim_t mebibyte = 1U << 20U;
constexpr double most_cpu_seconds = 15; // on an idle machine
constexpr rlim_t most_memory = 1024 * mebibyte;
constexpr rlim_t most_file = 32 * mebibyte;
constexpr std::size_t most_output = 32'768;

struct Limits {
    rlim_t cpu_seconds;
    harness::Seconds time;
};

// Where everything takes longer it does so by the processor's clock, too: what is in the caches is
// others'.
Limits limits_now(const CompileOptions& options)
{
    const double slowness = harness::measure_slowness();
    return {static_cast<rlim_t>(std::ceil(most_cpu_seconds * slowness)),
            options.time_limit * slowness};
}

Compiled none(const std::string& sentence)
{
    return {Outcome::no_submission, sentence, "", {}, {}};
}

// Copies the submission's server.cpp into our own folder, or says why there is nothing to copy.
Compiled take(const fs::path& submission, const fs::path& copy)
{
    std::error_code error;
    const auto status = fs::status(submission, error);
    if (!fs::exists(status)) {
        return none("There is no folder " + submission.string() + ".");
    }
    if (!fs::is_directory(status)) {
        return none(submission.string() + " is not a folder.");
    }
    const fs::path file = submission / "server.cpp";
    if (!fs::exists(fs::symlink_status(file, error))) {
        const std::string nearest = told_nearest(visible_files(submission));
        return none(submission.string() + " has no server.cpp" +
                    (nearest.empty() ? "" : "; " + nearest) + ".");
    }
    const lab::UniqueFd source = open_source(file);
    struct stat seen {};
    if (const std::string why = objection(source, most_source, seen); !why.empty()) {
        return none(file.string() + " " + why + ".");
    }
    harness::write_atomically(copy, contents_of(source.get(), most_source));
    return {Outcome::graded, "", "", copy, {}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
}

// The compiler, with a few flags of ours, and the command's own arguments.
std::vector<std::string> arguments_for(const CompileOptions& options, const Compiled& compiled,
                                       const fs::path& submission)
{
    std::vector<std::string> arguments = harness::split_command(options.command);
    for (const char* const place : {"{source}", "{program}"}) {
        if (std::ranges::find(arguments, place) == arguments.end()) {
            throw std::runtime_error(std::string("the compile command has no ") + place + " in it");
        }
    }
    for (std::string& argument : arguments) {
        if (argument.ends_with(".a") && !fs::exists(argument)) {
            throw std::runtime_error(argument + " is missing; run make");
        }
        replace_all(argument, "{source}", compiled.source.string());
        replace_all(argument, "{program}", compiled.program.string());
    }
    const std::string map = compiled.source.parent_path().string() + "=" + submission.string();
    arguments.insert(arguments.begin() + 1,
                     {"-fmax-errors=20", "-fdiagnostics-color=never", "-ffile-prefix-map=" + map});
    return arguments;
}

// The compiler's output is where a jail says why it cannot be made.
harness::ChildProcess start(const harness::Command& command)
{
    if (command.jail.empty()) {
        return harness::spawn(command);
    }
    try {
        return harness::spawn(command);
    } catch (const std::exception& error) {
        throw std::runtime_error(std::string(error.what()) + ": " +
                                 contents_of(command.errors, 500));
    }
}

// Nothing when its time was over: then it is gone, with all that it had started.
std::optional<harness::ExitStatus> run(const harness::Command& command, harness::Seconds most,
                                       Interrupt& interrupt)
{
    harness::ChildProcess compiler = start(command);
    std::optional<harness::ExitStatus> status;
    try {
        status = wait_for_own_time(compiler, most, [&](harness::Seconds time) {
            interrupt.wait_for_any({compiler.pidfd()}, time);
        });
    } catch (...) {
        harness::kill_descendants();
        throw;
    }
    harness::kill_descendants();
    return status;
}

double seconds_of(const rusage& usage)
{
    constexpr double millionth = 1e-6;
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * millionth;
}

// After how many seconds it was, or nothing when it ended by itself.
std::optional<long> stopped_after(const std::optional<harness::ExitStatus>& status,
                                  const std::string& output, const Limits& limits)
{
    if (!status) {
        return static_cast<long>(limits.time.count());
    }
    // g++ tells which signal ended the compiler proper, whose time may not be in our account.
    const bool stopped = seconds_of(status->usage) >= static_cast<double>(limits.cpu_seconds) - 1 ||
                         output.find("CPU time limit exceeded signal") != std::string::npos;
    return stopped ? std::optional(static_cast<long>(limits.cpu_seconds)) : std::nullopt;
}

std::string explain(const Compiled& compiled, std::optional<long> stopped)
{
    if (stopped) {
        return "The compiler was stopped after " + std::to_string(*stopped) +
               " s. Is something computed at compile time that never ends, or a file included that "
               "has no end?";
    }
    const auto said = [&](std::string_view words) {
        return compiled.output.find(words) != std::string::npos;
    };
    if (said("out of memory") || said("virtual memory exhausted")) {
        return "The compiler needed more than the 1 GiB of memory that it may have.";
    }
    if (said("File size limit exceeded") || said("File too large")) {
        return "The program would be larger than the 32 MiB that it may have. Is there a large "
               "array with an initial value?";
    }
    if (const std::string file = missed(compiled.output, "."); !file.empty()) {
        return "server.cpp includes " + file +
               ", which is there, but not for this lab's servers: what it does they do themselves.";
    }
    if (said("undefined reference to `lab::")) {
        return "server.cpp does not link: it calls a function that this lab's servers are not "
               "given.";
    }
    return "server.cpp does not compile.";
}

// What of the command's arguments is a file of ours, the headers that go with it, and the source.
std::vector<fs::path> readable_for(const std::vector<std::string>& arguments,
                                   const Compiled& compiled)
{
    std::vector<fs::path> readable = given_headers("common", arguments);
    readable.push_back(compiled.source);
    std::ranges::copy_if(arguments, std::back_inserter(readable),
                         [](const std::string& word) { return word.ends_with(".a"); });
    std::erase_if(readable, [](const fs::path& path) { return !fs::exists(path); });
    return readable;
}

harness::Command command_for(const CompileOptions& options, const Compiled& compiled,
                             const fs::path& submission, rlim_t cpu_seconds)
{
    harness::Command command{.arguments = arguments_for(options, compiled, submission),
                             .directory = {}};
    command.more_environment = {"LC_ALL=C"}; // messages in ASCII
    command.limits = {cpu_seconds, most_file, most_memory, std::nullopt};
    if (options.jail != nullptr) {
        const fs::path out = compiled.program.parent_path();
        give_to_stranger(out);
        fs::permissions(options.scratch, fs::perms(0711));
        fs::permissions(compiled.source, fs::perms(0644));
        ReaderJail jail{.folder = options.scratch / "compiler",
                        .directory = fs::current_path(),
                        .readable = readable_for(command.arguments, compiled),
                        .writable = out};
        if (!options.bare) {
            return in_jail(*options.jail, jail, command);
        }
        jail.directory = options.scratch / "shared";
        command.more_environment.push_back("TMPDIR=" + out.string());
        return in_bare_jail(*options.jail, jail, command);
    }
    // The compiler's own temporary files in a folder that we remove.
    command.more_environment.push_back("TMPDIR=" + options.scratch.string());
    return command;
}

// Out of the folder that the compiler could write to. False when there is no program.
bool fetch_program(Compiled& compiled, const fs::path& program)
{
    const fs::path made = std::exchange(compiled.program, program);
    const lab::UniqueFd file = open_source(made);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) == -1 || !S_ISREG(status.st_mode)) {
        return false;
    }
    fs::rename(made, program);
    lab::check(::fchown(file.get(), ::geteuid(), ::getegid()), "chown");
    lab::check(::fchmod(file.get(), 0755), "chmod");
    return true;
}

// By somebody else than us, or a machine without memory: no fault of the submission's. The compiler
// says so of its parts; what a submission has it say starts with a file's name.
bool was_killed(const std::optional<harness::ExitStatus>& status, const std::string& output)
{
    constexpr std::string_view words = "g++: fatal error: Killed signal terminated program";
    return status && (status->signal == SIGKILL || output.starts_with(words) ||
                      output.find("\n" + std::string(words)) != std::string::npos);
}

// Nobody's program is wrong because a disk is full. Asked of the disk, for what the compiler says
// of it a submission could say as well.
void check_room(const fs::path& folder)
{
    constexpr std::uintmax_t enough = std::uintmax_t{64} << 20U; // bytes: for one that compiles
    const std::uintmax_t room = fs::space(folder).available;
    if (room < enough) {
        throw std::runtime_error("the compiler may have had no room: " + folder.string() + " has " +
                                 std::to_string(room >> 20U) +
                                 " MiB left; free 64 MiB, and grade again");
    }
}

} // namespace

Compiled compile(const fs::path& submission, const CompileOptions& options, Interrupt& interrupt)
{
    Compiled compiled = take(submission, options.scratch / "server.cpp");
    if (compiled.outcome != Outcome::graded) {
        return compiled;
    }
    compiled.program = options.scratch / "out" / "server";
    fs::create_directories(compiled.program.parent_path());
    const Limits limits = limits_now(options);
    const lab::UniqueFd output = memory_file();
    harness::Command command = command_for(options, compiled, submission, limits.cpu_seconds);
    command.output = output.get();
    command.errors = output.get();
    const auto status = run(command, limits.time, interrupt);
    compiled.output = contents_of(output.get(), most_output);
    replace_all(compiled.output, options.scratch.string(), submission.string());
    if (!status || !status->success() || !fetch_program(compiled, options.scratch / options.name)) {
        const auto stopped = stopped_after(status, compiled.output, limits);
        compiled.outcome = Outcome::did_not_compile;
        compiled.sentence = explain(compiled, stopped);
        if (was_killed(status, compiled.output) && !stopped) {
            throw std::runtime_error("the compiler was killed; is the machine out of memory?");
        }
        check_room(options.scratch);
    }
    return compiled;
}

} // namespace grading
