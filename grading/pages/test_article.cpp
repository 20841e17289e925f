// The failure report of one test: the same parts in the same order as on a terminal.

#include "grading/pages/html.h"
#include "grading/pages/result.h"

#include <algorithm>
#include <sstream>

namespace grading {

namespace {

using harness::Report;
using harness::Verdict;

constexpr std::size_t most_steps = 24;
constexpr std::size_t most_step = 400;
constexpr std::size_t most_text = 4'096;

std::string label(int level, const std::string& text)
{
    return html::heading(level, "", text);
}

// The last one is where it ended; of very many, those in the middle are left out.
std::string steps_of(const Report& report, int level)
{
    const std::size_t count = report.steps.size();
    if (count == 0) {
        return "";
    }
    const std::size_t head = count <= most_steps ? count : most_steps / 3;
    const std::size_t tail = count <= most_steps ? count : count - (most_steps - head - 1);
    std::string items;
    for (std::size_t i = 0; i < count; ++i) {
        if (i == head) {
            items += "<li class=\"gap\">… " + html::counted(tail - head, "step") + " left out …\n";
            i = tail;
        }
        const bool is_end = i + 1 == count;
        items += "<li value=\"" + std::to_string(i + 1) + "\"" +
                 (is_end ? " class=\"end\">" : ">") + html::text(report.steps[i], most_step) + "\n";
    }
    return label(level, "What was tried <span class=\"quiet\">(► is where it ended)</span>") +
           "<ol class=\"steps\">\n" + items + "</ol>\n";
}

// Without the margin that a terminal's report has.
std::string flush_left(const std::string& lines)
{
    std::string result;
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t margin = line.starts_with("    | ") ? 6
                                   : line.starts_with("    |")
                                       ? 5
                                       : std::min<std::size_t>(4, line.find_first_not_of(' '));
        result += line.substr(std::min(margin, line.size())) + "\n";
    }
    return result;
}

std::string wire_and_log_of(const Report& report, int level)
{
    std::string text;
    if (!report.wire.empty()) {
        text += label(level, "On the wire") +
                html::preformatted("On the wire", flush_left(harness::render_wire(report)));
    }
    if (!report.log.empty()) {
        text += label(level, "The server’s log") +
                html::preformatted("The server’s log", flush_left(harness::render_log(report)));
    } else if (!report.steps.empty()) {
        text += "<p class=\"quiet\">The server’s log: it wrote nothing.</p>\n";
    }
    return text;
}

std::string entry(const std::string& term, const std::string& bytes)
{
    return bytes.empty() ? ""
                         : "<dt>" + term + "</dt><dd>" + html::text(bytes, most_text) + "</dd>\n";
}

std::string failure_of(const Report& report)
{
    if (!report.failure) {
        return "";
    }
    const harness::Failure& failure = *report.failure;
    const bool only_a_reason = failure.expected.empty() && failure.cause.empty();
    std::string text = "<dl class=\"versus\">\n" + entry("Expected", failure.expected) +
                       entry(only_a_reason ? "Because" : "Got", failure.got) + "</dl>\n";
    if (!failure.cause.empty()) {
        text += "<p class=\"cause\"><strong>Likely cause</strong> " +
                html::text(failure.cause, most_text) + "</p>\n";
    }
    return text;
}

std::string remark_on(Verdict verdict)
{
    switch (verdict) {
    case Verdict::unstable:
        return "<p>It failed in one run and passed in another. This is the run that failed; there "
               "are points only for passing every time.</p>\n";
    case Verdict::inconclusive:
        return "<p>What failed is the machine or the grader, not the server. No points are "
               "lost.</p>\n";
    default:
        return "";
    }
}

std::string header_of(const TestResult& test, int level)
{
    const Report& report = test.report;
    const std::string title = test.title.empty() ? report.test : test.title;
    std::string facts = "<code>" + html::line(report.test) + "</code>";
    if (counts_not(report.verdict)) {
        facts += " · " + std::to_string(test.max_points) + " points, not counted";
    } else {
        facts += " · " + std::to_string(test.points) + " of " +
                 html::counted(static_cast<std::size_t>(test.max_points), "point");
    }
    return "<header>" + html::chip(html::look_of(report.verdict)) +
           html::heading(level, "", html::line(title)) + "<p>" + facts + " · " +
           html::seconds(report.seconds) + "</p></header>\n";
}

} // namespace

std::string test_article(const TestResult& test, int level)
{
    const Report& report = test.report;
    const bool is_odd = counts_not(report.verdict);
    std::string text = "<article class=\"card test" + std::string(is_odd ? " odd-test" : "") +
                       "\">\n" + header_of(test, level) + remark_on(report.verdict) +
                       steps_of(report, level + 1) + wire_and_log_of(report, level + 1) +
                       failure_of(report);
    if (!report.reproduce.empty()) {
        text += label(level + 1, "To repeat exactly this test") +
                html::preformatted("The command", report.reproduce);
    }
    return text + "</article>\n";
}

} // namespace grading
