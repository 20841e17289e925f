// JUnit XML, as CI systems read it. readable() leaves no character that XML 1.0 forbids.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"
#include "grading/jail/tier.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace grading {

namespace {

using harness::Verdict;

constexpr std::size_t most_text = 65'536;

// As content of an element or of a quoted attribute.
std::string escaped(std::string_view text, bool attribute)
{
    std::string result;
    for (const char c : harness::readable(text, most_text)) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break; // else "]]>" would end what is no CDATA section
        case '"':
            result += attribute ? "&quot;" : "\"";
            break;
        case '\n':
            result += attribute ? "&#10;" : "\n";
            break;
        case '\t':
            result += attribute ? "&#9;" : "\t";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string attribute(const std::string& name, std::string_view value)
{
    return " " + name + "=\"" + escaped(value, true) + "\"";
}

std::string seconds(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", value);
    return text.data();
}

std::string element(const std::string& name, const std::string& attributes, std::string_view text)
{
    return "      <" + name + attributes + ">" + escaped(text, false) + "</" + name + ">\n";
}

std::string got(const TestResult& test)
{
    const bool tells = test.report.failure && test.detail != Detail::name_only;
    return tells ? test.report.failure->got : "";
}

std::string outcome_of(const TestResult& test)
{
    const std::string attributes =
        attribute("message", got(test)) + attribute("type", to_string(test.report.verdict));
    switch (test.report.verdict) {
    case Verdict::pass:
        return "";
    case Verdict::fail:
    case Verdict::unstable:
        return element("failure", attributes, told(test));
    case Verdict::inconclusive:
        return element("error", attributes, told(test));
    default:
        return element("skipped", attribute("message", got(test)), "");
    }
}

std::string test_case(const Record& record, const std::string& name, double time,
                      const std::string& body)
{
    return "    <testcase" + attribute("classname", record.lab) + attribute("name", name) +
           attribute("time", seconds(time)) + ">\n" + body + "    </testcase>\n";
}

// For a submission without tests: one case, which says why.
std::string not_graded(const Record& record)
{
    const bool ours = verdict_of(record) == Outcome::infrastructure_error;
    const std::string attributes =
        attribute("message", remark_on(record)) + attribute("type", to_string(verdict_of(record)));
    return test_case(record, "Submission", record.seconds,
                     element(ours ? "error" : "failure", attributes,
                             remark_on(record) + "\n" + record.compiler_output));
}

std::string counts(const Record& record)
{
    if (verdict_of(record) != Outcome::graded) {
        const bool ours = verdict_of(record) == Outcome::infrastructure_error;
        return attribute("tests", "1") + attribute("failures", ours ? "0" : "1") +
               attribute("errors", ours ? "1" : "0") + attribute("skipped", "0");
    }
    const auto count = [&](std::initializer_list<Verdict> verdicts) {
        return std::to_string(std::ranges::count_if(record.tests, [&](const TestResult& test) {
            return std::ranges::find(verdicts, test.report.verdict) != verdicts.end();
        }));
    };
    return attribute("tests", std::to_string(record.tests.size())) +
           attribute("failures", count({Verdict::fail, Verdict::unstable})) +
           attribute("errors", count({Verdict::inconclusive})) +
           attribute("skipped", count({Verdict::skipped, Verdict::not_run}));
}

std::string property(const std::string& name, std::string_view value)
{
    return "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

std::string properties(const Record& record)
{
    return "    <properties>\n" + property("verdict", to_string(verdict_of(record))) +
           property("score", std::to_string(record.score)) +
           property("max_score", std::to_string(record.max_score)) +
           property("tier", record.tier + ": " + meaning_of(record.tier)) +
           property("chaff", record.chaff ? record.chaff->name : "") + "    </properties>\n";
}

} // namespace

std::string as_junit(const Record& record)
{
    const Record view = student_view(record);
    std::string cases;
    for (const TestResult& test : view.tests) {
        cases += test_case(view, test.report.test, test.report.seconds, outcome_of(test));
    }
    const bool graded = verdict_of(view) == Outcome::graded;
    const std::string all =
        attribute("name", view.lab) + counts(view) + attribute("time", seconds(view.seconds));
    const std::string when = attribute("timestamp", view.started.substr(0, 19));
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + all + ">\n  <testsuite" +
           all + when + ">\n" + properties(view) + (graded ? cases : not_graded(view)) +
           "  </testsuite>\n</testsuites>\n";
}

} // namespace grading
