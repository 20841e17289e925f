#include "grading/pages/statistics.h"

#include <algorithm>
#include <cmath>

namespace grading {

namespace {

using harness::Verdict;

constexpr double shortest = 0.001;
constexpr double step = 1.1;

} // namespace

void Times::add(double seconds)
{
    const double steps = std::log(std::max(seconds, shortest) / shortest) / std::log(step);
    const auto index = std::min(counts_.size() - 1, static_cast<std::size_t>(std::lround(steps)));
    ++counts_.at(index);
    ++all_;
}

double Times::quantile(double share) const
{
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size() && all_ > 0; ++i) {
        seen += counts_.at(i);
        if (seen >= wanted) {
            return shortest * std::pow(step, static_cast<double>(i));
        }
    }
    return 0;
}

std::size_t TestTally::judged() const
{
    return count(Verdict::pass) + count(Verdict::fail) + count(Verdict::unstable) +
           count(Verdict::not_run);
}

void LabTally::add(StudentIndex student, const Mark& mark, const LabOfClass& lab)
{
    ++outcomes[mark.outcome];
    ++attempts[mark.attempts];
    if (!mark.is_open()) {
        const double share = lab.max_score > 0 ? mark.mark / lab.max_score : 0;
        const double bin = std::clamp(std::floor(share * bins), 0.0, bins - 1.0);
        by_mark.at(static_cast<std::size_t>(bin)).push_back(student);
        marks.add(mark.mark);
    }
    late += mark.late_days > 0 ? 1 : 0;
    late_days += mark.late_days;
    penalised += mark.penalty > 0 ? 1 : 0;
}

void LabTally::add(StudentIndex student, const Record& record)
{
    times.add(record.seconds);
    if (record.outcome != Outcome::graded) {
        return;
    }
    for (const TestResult& test : record.tests) {
        const auto [at, is_new] = tests.try_emplace(test.report.test);
        if (is_new) {
            order.push_back(test.report.test);
            at->second.title = test.title;
            at->second.task = test.task;
            at->second.max_points = test.max_points;
        }
        ++at->second.verdicts.at(static_cast<std::size_t>(test.report.verdict));
        at->second.points += test.points;
        if (test.report.verdict != Verdict::not_run) {
            at->second.times.add(test.report.seconds);
        }
    }
    if (record.chaff) {
        BugTally& bug = bugs[record.chaff->name];
        bug.sentence = record.chaff->sentence;
        bug.students.push_back(student);
    }
}

} // namespace grading
