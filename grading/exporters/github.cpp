// GitHub Actions: the log of a step with its annotations, and the summary of a run in Markdown.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace grading {

namespace {

using harness::Verdict;

constexpr std::size_t most_failures = 9;      // about ten annotations are shown, and one is the sum
constexpr std::size_t most_message = 4'096;   // of one annotation
constexpr std::size_t most_report = 16'384;   // of one test, in the summary
constexpr std::size_t most_summary = 900'000; // GitHub takes 1 MiB, and refuses all of what is more

// Nobody who is graded may know it: else one printed line would switch commands on again.
std::string secret_token()
{
    std::random_device random;
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%08x%08x%08x%08x", random(), random(), random(),
                  random());
    return text.data();
}

// As the value of a workflow command, or with `property` as that of one of its properties.
std::string command_escaped(std::string_view text, bool property)
{
    std::string result;
    for (const char c : harness::readable(text, most_message)) {
        const bool special =
            c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
        std::array<char, 4> hex{};
        std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
        result += special ? hex.data() : std::string(1, c);
    }
    return result;
}

std::string annotation(const std::string& level, const std::string& title, const std::string& file,
                       const std::string& message)
{
    const std::string where = file.empty() ? "" : "file=" + command_escaped(file, true) + ",";
    return "::" + level + " " + where + "title=" + command_escaped(title, true) +
           "::" + command_escaped(message, false) + "\n";
}

std::string sums(const Record& view)
{
    return std::to_string(view.score) + " of " + std::to_string(view.max_score) + " points";
}

bool is_graded(const Record& view)
{
    return verdict_of(view) == Outcome::graded;
}

std::string annotations(const Record& view)
{
    const std::string file = "labs/" + view.lab + "/server.cpp";
    std::string text;
    std::size_t failures = 0;
    for (const TestResult& test : view.tests) {
        if (is_graded(view) && is_open(test) && ++failures <= most_failures) {
            text += annotation("error", test.report.test + ": " + test.title, file,
                               told(test).empty() ? "did not pass" : told(test));
        }
    }
    if (!is_graded(view)) {
        return annotation("error", "Lab " + view.lab, file,
                          remark_on(view) + "\n" + view.compiler_output);
    }
    const std::size_t more = failures > most_failures ? failures - most_failures : 0;
    return text + annotation("notice", "Lab " + view.lab, file,
                             sums(view) + (more == 0 ? ""
                                                     : "; " + std::to_string(more) +
                                                           " more tests did not pass"));
}

// In a cell of a table nothing may be markup, and a line end would end the row.
std::string cell(std::string_view text)
{
    constexpr std::string_view special = "\\`*_{}[]<>()#+-.!|~&@$:";
    std::string result;
    for (const char c : harness::readable(text, 300)) {
        const bool escape = special.find(c) != std::string_view::npos;
        result += c == '\n' || c == '\t' ? " " : (escape ? "\\" : "") + std::string(1, c);
    }
    return result;
}

// A block of code whose fence is longer than any run of backticks in it.
std::string fenced(std::string_view text)
{
    const std::string content = harness::readable(text, most_report);
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : content) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(std::max<std::size_t>(longest + 1, 3), '`');
    return fence + "text\n" + content + (content.ends_with('\n') ? "" : "\n") + fence + "\n\n";
}

std::string table_row(const TestResult& test)
{
    const bool left_out = counts_not(test.report.verdict);
    return "| " + cell(test.report.test) + " | " + cell(test.title) + " | " +
           cell(to_string(test.report.verdict)) + " | " + std::to_string(test.points) + "/" +
           std::to_string(left_out ? 0 : test.max_points) + " |\n";
}

std::string table(const Record& view)
{
    std::string text = "| test | what it looks at | verdict | points |\n|---|---|---|--:|\n";
    for (const TestResult& test : view.tests) {
        text += table_row(test);
    }
    return text + "\n";
}

std::string failures(const Record& view, std::size_t room)
{
    std::string text;
    std::size_t left_out = 0;
    for (const TestResult& test : view.tests) {
        const bool tells = test.report.verdict != Verdict::pass &&
                           test.report.verdict != Verdict::not_run && !told(test).empty();
        const std::string part =
            tells ? "#### " + cell(test.report.test) + "\n\n" + fenced(told(test)) : "";
        left_out += text.size() + part.size() > room ? 1 : 0;
        text += text.size() + part.size() > room ? "" : part;
    }
    return left_out == 0 ? text
                         : text + std::to_string(left_out) +
                               " more reports are left out: GitHub shows no more.\n";
}

} // namespace

std::string as_github(const Record& record)
{
    const Record view = student_view(record);
    const std::string token = secret_token();
    const std::string log = as_text(view, Rubric{}, false);
    return "::stop-commands::" + token + "\n" + log + (log.ends_with('\n') ? "" : "\n") +
           "::" + token + "::\n" + annotations(view);
}

std::string as_github_summary(const Record& record)
{
    const Record view = student_view(record);
    std::string text = "### Lab " + cell(view.lab) + ": " + cell(view.title) + "\n\n";
    if (const std::string remark = remark_on(view); !remark.empty()) {
        text += cell(remark) + "\n\n";
    }
    if (!view.compiler_output.empty()) {
        text += fenced(view.compiler_output);
    }
    if (!is_graded(view)) {
        return text;
    }
    text += "**" + sums(view) + "**\n\n" + table(view);
    return text + failures(view, most_summary > text.size() ? most_summary - text.size() : 0);
}

} // namespace grading
