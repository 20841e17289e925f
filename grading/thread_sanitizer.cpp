#include "grading/thread_sanitizer.h"

#include "grading/files.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <vector>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr harness::Seconds most_time{20};
constexpr std::size_t most_output = 4'096;
constexpr int tries = 3; // without setarch it is chance whether the addresses fit

std::string first_line(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

// Empty when the command ends with status 0, else what it said.
std::string trouble_with(const std::vector<std::string>& arguments)
{
    const lab::UniqueFd output = memory_file();
    harness::Command command{.arguments = arguments, .directory = {}};
    command.output = output.get();
    command.errors = output.get();
    harness::ChildProcess program = harness::spawn(command);
    const auto status = program.wait(most_time);
    if (status && status->success()) {
        return "";
    }
    const std::string said = first_line(contents_of(output.get(), most_output));
    return !said.empty() ? said : status ? "it " + to_string(*status) : "it did not end";
}

std::string trouble_in_some_tries(const std::vector<std::string>& arguments)
{
    std::string trouble;
    for (int i = 0; i < tries && trouble.empty(); ++i) {
        trouble = trouble_with(arguments);
    }
    return trouble;
}

} // namespace

std::string ThreadSanitizer::command_for(const std::string& command) const
{
    return (without_randomisation ? "setarch -R " : "") + command;
}

ThreadSanitizer find_thread_sanitizer(const CompileOptions& options, Interrupt& interrupt)
{
    CompileOptions probe = options;
    probe.scratch = options.scratch / "probe";
    const fs::path source = options.scratch / "probe-source";
    fs::create_directories(probe.scratch);
    fs::create_directories(source);
    harness::write_atomically(source / "server.cpp", "int main() {}\n");
    const Compiled compiled = compile(source, probe, interrupt);
    if (compiled.outcome != Outcome::graded) {
        return {"this compiler has no ThreadSanitizer: " + first_line(compiled.output), false};
    }
    const std::string program = compiled.program.string();
    if (trouble_in_some_tries({"setarch", "-R", program}).empty()) {
        return {"", true};
    }
    const std::string trouble = trouble_in_some_tries({program});
    return {trouble.empty() ? "" : "ThreadSanitizer cannot run on this machine: " + trouble, false};
}

} // namespace grading
