#include "grading/class/statistics.h"

#include "grading/class/csv.h"
#include "grading/decimal.h"

#include <algorithm>
#include <utility>

namespace grading {

namespace {

using harness::Verdict;

constexpr std::array verdicts{Verdict::pass,         Verdict::fail,    Verdict::unstable,
                              Verdict::inconclusive, Verdict::skipped, Verdict::not_run};

std::string lab_line(const std::string& lab, const LabStatistics& statistics)
{
    std::string line = lab + ": ";
    for (const auto& [outcome, students] : statistics.outcomes) {
        line += std::to_string(students) + " " + outcome + ", ";
    }
    return line + "marks " +
           (statistics.marks.empty()
                ? "none"
                : decimal(statistics.marks.least()) + " to " + decimal(statistics.marks.most()) +
                      ", mean " + decimal(statistics.marks.mean()) + ", median " +
                      decimal(statistics.marks.median())) +
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

void Statistics::add(const std::string& lab, const Mark& mark, const Summary* summary)
{
    LabStatistics& statistics = labs_[lab];
    ++statistics.outcomes[mark.outcome];
    if (!mark.is_open()) {
        statistics.marks.add(mark.mark);
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
            text += csv_cell(lab) + "," + csv_cell(test);
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
            text += csv_cell(lab) + "," + csv_cell(name) + "," + std::to_string(bug.students) +
                    "," + csv_cell(bug.sentence) + "\r\n";
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
