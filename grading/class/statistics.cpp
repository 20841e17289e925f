#include "grading/class/statistics.h"

#include <algorithm>
#include <cstdio>

namespace grading {

namespace {

using harness::Verdict;

constexpr std::array verdicts{Verdict::pass,         Verdict::fail,    Verdict::unstable,
                              Verdict::inconclusive, Verdict::skipped, Verdict::not_run};

std::string formatted(const char* format, double value)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

int count_of(const std::map<double, int>& marks)
{
    int count = 0;
    for (const auto& [mark, students] : marks) {
        count += students;
    }
    return count;
}

double mean_of(const std::map<double, int>& marks)
{
    double sum = 0;
    for (const auto& [mark, students] : marks) {
        sum += mark * students;
    }
    return sum / std::max(1, count_of(marks));
}

double median_of(const std::map<double, int>& marks)
{
    int left = (count_of(marks) + 1) / 2;
    for (const auto& [mark, students] : marks) {
        left -= students;
        if (left <= 0) {
            return mark;
        }
    }
    return 0;
}

std::string lab_line(const std::string& lab, const LabStatistics& statistics)
{
    std::string line = lab + ": ";
    for (const auto& [outcome, students] : statistics.outcomes) {
        line += std::to_string(students) + " " + outcome + ", ";
    }
    return line + "marks " +
           (statistics.marks.empty()
                ? "none"
                : marks_text(statistics.marks.begin()->first) + " to " +
                      marks_text(statistics.marks.rbegin()->first) + ", mean " +
                      formatted("%.1f", mean_of(statistics.marks)) + ", median " +
                      marks_text(median_of(statistics.marks))) +
           "\n";
}

std::string most_frequent_bugs(const LabStatistics& statistics)
{
    constexpr std::size_t most = 5;
    std::vector<std::pair<int, std::string>> bugs;
    for (const auto& [name, bug] : statistics.bugs) {
        bugs.emplace_back(-bug.students, name);
    }
    std::ranges::sort(bugs);
    std::string text;
    for (std::size_t i = 0; i < std::min(most, bugs.size()); ++i) {
        text += "    " + std::to_string(-bugs[i].first) + " × " + bugs[i].second + "\n";
    }
    return text;
}

} // namespace

std::string csv_field(const std::string& text)
{
    constexpr std::string_view formula_starts = "=+-@\t\r";
    std::string field = "\"";
    if (!text.empty() && formula_starts.find(text[0]) != std::string_view::npos) {
        field += "'";
    }
    for (const char c : text) {
        field += c == '"' ? "\"\"" : std::string(1, c);
    }
    return field + "\"";
}

std::string marks_text(double marks)
{
    std::string text = formatted("%.2f", marks);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

void Statistics::add(const std::string& lab, const Mark& mark, const Summary* summary)
{
    LabStatistics& statistics = labs_[lab];
    ++statistics.outcomes[mark.outcome];
    if (!mark.is_open()) {
        ++statistics.marks[mark.mark];
    }
    if (summary == nullptr) {
        return;
    }
    for (const TestSummary& test : summary->tests) {
        TestCount& count = statistics.tests[test.name];
        ++count.verdicts.at(static_cast<std::size_t>(test.verdict));
        count.seconds += test.seconds;
    }
    if (!summary->chaff.empty()) {
        BugCount& bug = statistics.bugs[summary->chaff];
        ++bug.students;
        bug.sentence = summary->chaff_sentence;
    }
}

std::string Statistics::tests_csv() const
{
    std::string text = "lab,test";
    for (const Verdict verdict : verdicts) {
        text += "," + std::string(to_string(verdict));
    }
    text += "\r\n";
    for (const auto& [lab, statistics] : labs_) {
        for (const auto& [test, count] : statistics.tests) {
            text += csv_field(lab) + "," + csv_field(test);
            for (const Verdict verdict : verdicts) {
                text += "," + std::to_string(count.verdicts.at(static_cast<std::size_t>(verdict)));
            }
            text += "\r\n";
        }
    }
    return text;
}

std::string Statistics::bugs_csv() const
{
    std::string text = "lab,bug,students,sentence\r\n";
    for (const auto& [lab, statistics] : labs_) {
        for (const auto& [name, bug] : statistics.bugs) {
            text += csv_field(lab) + "," + csv_field(name) + "," + std::to_string(bug.students) +
                    "," + csv_field(bug.sentence) + "\r\n";
        }
    }
    return text;
}

std::string Statistics::text() const
{
    std::string text;
    for (const auto& [lab, statistics] : labs_) {
        text += lab_line(lab, statistics) + most_frequent_bugs(statistics);
    }
    return text;
}

} // namespace grading
