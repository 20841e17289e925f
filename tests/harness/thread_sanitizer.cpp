#include "tests/harness/thread_sanitizer.h"

#include "tests/harness/server_process.h"
#include "tests/harness/story.h"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace harness {

namespace {

constexpr std::string_view finding_mark = "WARNING: ThreadSanitizer: ";
constexpr int finding_status = 66; // the exit status of a program with findings

std::string tsan_command;
std::string why_no_tsan;
std::string hidden_code;

std::string until(std::string_view text, std::string_view end)
{
    return std::string(text.substr(0, text.find(end)));
}

// "    #0 add_one labs/03-threads/server.cpp:46 (server+0x1234)" → "server.cpp:46, in add_one".
std::string place_in(const std::string& frame)
{
    std::istringstream words(until(frame, " ("));
    std::string number;
    std::string function;
    std::string place;
    words >> number >> function;
    for (std::string word; words >> word;) { // a function's name may have blanks in it
        place = word;
    }
    return place.substr(place.rfind('/') + 1) + ", in " + until(function, "(");
}

bool is_frame(const std::string& line)
{
    return line.starts_with("    #");
}

// One of the stacks of a finding: "Write of size 8 … by thread T2:", and the frames below.
struct Stack {
    std::string heading;
    std::vector<std::string> frames;

    // Where the student's own code is in it; else where it begins.
    [[nodiscard]] std::string place() const
    {
        for (const std::string& frame : frames) {
            if (frame.find("server.cpp:") != std::string::npos) {
                return place_in(frame);
            }
        }
        return frames.empty() ? "somewhere" : place_in(frames.front());
    }
    [[nodiscard]] std::string kind() const
    {
        return until(heading.substr(heading.find_first_not_of(' ')), " of size");
    }
};

std::vector<Stack> stacks_of(std::istringstream& lines)
{
    std::vector<Stack> stacks;
    for (std::string line; std::getline(lines, line) && !line.starts_with("====");) {
        if (is_frame(line)) {
            if (!stacks.empty()) {
                stacks.back().frames.push_back(line);
            }
        } else if (line.starts_with("  ") && line.ends_with(':')) {
            stacks.push_back({line, {}});
        }
    }
    return stacks;
}

// What whoever tests has set already.
std::string options_so_far()
{
    const char* const options = std::getenv("TSAN_OPTIONS");
    return options == nullptr ? "" : std::string(options) + ":";
}

} // namespace

void set_tsan_command(const std::string& command, const std::string& why_none)
{
    tsan_command = command;
    why_no_tsan = why_none;
}

void set_hidden_code(const std::string& what)
{
    hidden_code = what;
}

WithThreadSanitizer::WithThreadSanitizer()
{
    if (tsan_command.empty()) {
        skip(why_no_tsan);
    }
    if (!hidden_code.empty()) {
        blame("both builds are to be of the same code, and all of it under ThreadSanitizer's eyes: "
              "what it finds is to be mended, not hidden");
        fail("a server.cpp of which ThreadSanitizer sees all", hidden_code);
    }
    // Stronger than what a program says of itself in __tsan_default_options.
    set_server_environment({std::string("TSAN_OPTIONS=") + options_so_far() +
                            "report_bugs=1:exitcode=" + std::to_string(finding_status) +
                            ":log_path=stderr"});
    usual_command_ = set_server_command(tsan_command);
    step("took the server that is built with ThreadSanitizer (-fsanitize=thread)");
}

WithThreadSanitizer::~WithThreadSanitizer()
{
    set_server_command(usual_command_);
    set_server_environment({});
}

std::string first_finding(const std::string& log)
{
    const auto at = log.find(finding_mark);
    if (at == std::string::npos) {
        return "";
    }
    std::istringstream lines(log.substr(at));
    std::string first;
    std::getline(lines, first);
    std::string text = until(std::string_view(first).substr(finding_mark.size()), " (pid");
    constexpr std::size_t shown = 2;
    const auto stacks = stacks_of(lines);
    for (std::size_t i = 0; i < stacks.size() && i < shown; ++i) {
        text += (i == 0 ? ": " : "; ") + stacks[i].kind() + " at " + stacks[i].place();
    }
    return text;
}

void expect_no_finding(ServerProcess& server)
{
    server.signal(SIGTERM);
    const ExitStatus status = server.wait_for_exit(Seconds(2));
    const std::string finding = first_finding(server.log());
    expect(finding.empty() && status.code != finding_status, "no finding of ThreadSanitizer's",
           finding.empty() ? "exit status 66, by which it reports one" : finding);
    blame("SIGTERM asks the server to end with status 0 within 2 s");
    expect(status.success(), "exit status 0", "it " + to_string(status));
}

} // namespace harness
