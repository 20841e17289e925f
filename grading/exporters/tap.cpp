// TAP 14, the Test Anything Protocol.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::readable;
using harness::Verdict;

// In a description a hash sign would start a directive.
std::string described(std::string_view text)
{
    std::string result;
    for (const char c : readable(text, 400)) {
        result += c == '\n' || c == '\t' ? " "
                  : c == '#'             ? "\\#"
                  : c == '\\'            ? "\\\\"
                                         : std::string(1, c);
    }
    return result;
}

// A double-quoted string of YAML; those of JSON are some of them.
std::string yaml_string(std::string_view text)
{
    return nlohmann::json(readable(text, 16'384)).dump();
}

std::string diagnosis(const TestResult& test)
{
    const auto& failure = test.report.failure;
    std::string text = "  ---\n  severity: fail\n  verdict: ";
    text += std::string(to_string(test.report.verdict)) + "\n";
    if (failure && test.detail != Detail::name_only) {
        text += "  expected: " + yaml_string(failure->expected) +
                "\n  got: " + yaml_string(failure->got) + "\n";
    }
    if (const std::string report = told(test); !report.empty()) {
        text += "  report: " + yaml_string(report) + "\n";
    }
    return text + "  ...\n";
}

std::string point(const TestResult& test, std::size_t number)
{
    const Verdict verdict = test.report.verdict;
    const bool left_out = counts_not(verdict);
    const std::string line = std::string(verdict == Verdict::pass || left_out ? "" : "not ") +
                             "ok " + std::to_string(number) + " - " +
                             described(test.report.test + ": " + test.title);
    if (left_out) {
        const auto& failure = test.report.failure;
        const bool why = failure && test.detail != Detail::name_only;
        return line + " # SKIP " + std::string(to_string(verdict)) +
               (why ? ": " + described(failure->got) : "") + "\n";
    }
    return line + "\n" + (verdict == Verdict::pass ? "" : diagnosis(test));
}

std::string not_compiled(const Record& view)
{
    return "1..1\nnot ok 1 - " + described(remark_on(view)) +
           "\n  ---\n  output: " + yaml_string(view.compiler_output) + "\n  ...\n";
}

} // namespace

std::string as_tap(const Record& record)
{
    const Record view = student_view(record);
    const Outcome outcome = verdict_of(view);
    const std::string head = "TAP version 14\n";
    if (outcome == Outcome::infrastructure_error) {
        return head + "Bail out! " + described(remark_on(view)) + "\n";
    }
    if (outcome != Outcome::graded) {
        return head + not_compiled(view);
    }
    std::string points;
    for (std::size_t i = 0; i < view.tests.size(); ++i) {
        points += point(view.tests[i], i + 1);
    }
    return head + "1.." + std::to_string(view.tests.size()) + "\n" + points + "# " +
           std::to_string(view.score) + " of " + std::to_string(view.max_score) + " points\n";
}

} // namespace grading
