// Marks of scores, by a policy.

#include "grading/class/policy.h"
#include "grading/decimal.h"
#include "grading/record.h"

#include <algorithm>
#include <cmath>

namespace grading {

namespace {

// Of a map of maps, or nothing.
template <typename Value>
std::optional<Value> value_of(const std::map<std::string, std::map<std::string, Value>>& map,
                              const std::string& student, const std::string& lab)
{
    const auto labs = map.find(student);
    if (labs == map.end()) {
        return std::nullopt;
    }
    const auto value = labs->second.find(lab);
    return value == labs->second.end() ? std::nullopt : std::optional(value->second);
}

double late_days(const Attempt& attempt, const Policy& policy, const LabPolicy& lab)
{
    const auto extension = value_of(policy.extensions, attempt.student, attempt.lab);
    const auto due = extension ? extension : lab.due;
    constexpr double hour = 3600;
    if (!due || static_cast<double>(attempt.time - *due) <= lab.grace_hours * hour) {
        return 0;
    }
    return std::ceil(static_cast<double>(attempt.time - *due) / (24 * hour));
}

// Without extra credit and cap.
Mark mark_of(const Graded& graded, const LabOfClass& lab, const Policy& policy,
             const LabPolicy& rules)
{
    Mark mark;
    mark.max_score = lab.max_score;
    mark.outcome = graded.attempt.outcome;
    mark.sentence = graded.attempt.sentence;
    if (!graded.attempt.hash.empty() && !graded.summary) {
        mark.outcome = to_string(Outcome::infrastructure_error);
        mark.sentence = graded.why_none;
    }
    if (!graded.summary) {
        return mark;
    }
    const Summary& summary = *graded.summary;
    mark.outcome = summary.outcome;
    mark.sentence = summary.sentence;
    mark.tier = summary.tier;
    mark.score = summary.score;
    mark.inconclusive = summary.inconclusive();
    mark.record = graded.record;
    mark.late_days = late_days(graded.attempt, policy, rules);
    const double earned = scaled(summary.score, summary.max_score, lab.max_score);
    const double percent = std::min(mark.late_days * rules.percent_per_day, rules.most_percent);
    mark.penalty = to_cents(std::min(earned, percent * lab.max_score / 100));
    mark.mark = to_cents(earned - mark.penalty);
    return mark;
}

// Of two attempts with a file. With `best`, one that is open could still be the better one: then
// the mark is open, unless the other has all marks.
bool counts_above(const Mark& mark, const Mark& best, bool best_attempt)
{
    if (!best_attempt) {
        return true;
    }
    if (mark.is_open() || best.is_open()) {
        return mark.is_open() ? best.mark < best.max_score : mark.mark >= mark.max_score;
    }
    return mark.mark > best.mark;
}

} // namespace

std::optional<double> extra_of(const Policy& policy, const std::string& student,
                               const std::string& lab)
{
    return value_of(policy.extra, student, lab);
}

Mark mark_of(const std::vector<Graded>& attempts, const LabOfClass& lab, const Policy& policy)
{
    const LabPolicy& rules = policy.labs.at(lab.name);
    Mark best;
    bool has_file = false;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        Mark mark = mark_of(attempts[i], lab, policy, rules);
        const bool file = !attempts[i].attempt.hash.empty() || mark.is_open();
        const bool better = !has_file || counts_above(mark, best, policy.best_attempt);
        if (i == 0 || (file && better) || (!file && !has_file)) {
            best = std::move(mark);
            best.attempt = static_cast<int>(i) + 1;
        }
        has_file = has_file || file;
    }
    best.attempts = static_cast<int>(attempts.size());
    if (!attempts.empty()) {
        best.extra = extra_of(policy, attempts[0].attempt.student, lab.name).value_or(0);
        const double most = rules.cap_percent * lab.max_score / 100;
        best.mark = to_cents(std::clamp(best.mark + best.extra, 0.0, most));
    }
    return best;
}

} // namespace grading
