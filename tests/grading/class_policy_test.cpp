#include "grading/class/policy.h"
#include "grading/class/times.h"

#include <stdexcept>

#include <gtest/gtest.h>

using namespace grading;

namespace {

const LabNames labs{{"01-one", "02-two"}, {"01-one", "02-two", "03-three"}};
const LabOfClass lab{"01-one", "One", 50};
const std::int64_t due = time_from("2026-10-01T12:00:00Z");
constexpr std::int64_t hour = 3600;

Policy policy_of(const std::string& yaml)
{
    return parse_policy(yaml, "policy.yaml", labs);
}

Graded attempt(std::int64_t time, int score, int max_score = 50)
{
    Summary summary;
    summary.outcome = "graded";
    summary.score = score;
    summary.max_score = max_score;
    return {{"alice", "01-one", time, "alice", "hash"}, summary, "records/x.json"};
}

// What is said of a policy that is wrong.
std::string complaint(const std::string& yaml)
{
    try {
        policy_of(yaml);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

double mark_at(std::int64_t time, const std::string& yaml)
{
    return mark_of({attempt(time, 40)}, lab, policy_of(yaml)).mark;
}

const std::string late = "late: {percent_per_day: 10, grace_hours: 1, most_percent: 25}\n"
                         "labs: {01: {due: 2026-10-01T12:00:00Z}}\n";

TEST(Policy, TakesOffADayThatHasBegun)
{
    EXPECT_EQ(mark_at(due, late), 40);
    EXPECT_EQ(mark_at(due + hour, late), 40); // within the grace
    EXPECT_EQ(mark_at(due + hour + 1, late), 35);
    EXPECT_EQ(mark_at(due + 24 * hour, late), 35);
    EXPECT_EQ(mark_at(due + 24 * hour + 1, late), 30);
    EXPECT_EQ(mark_at(due + 1000 * hour, late), 27.5); // no more than most_percent
    EXPECT_EQ(mark_at(due + 1000 * hour, ""), 40);
}

TEST(Policy, TakesNothingOffForATimeThatNobodyKnows)
{
    const Mark mark = mark_of({attempt(unknown_time, 40)}, lab, policy_of(late));
    EXPECT_EQ(mark.late_days, 0);
    EXPECT_EQ(mark.mark, 40);
}

TEST(Policy, TakesOffByHandWhatNoTimeTells)
{
    const Mark mark =
        mark_of({attempt(unknown_time, 40)}, lab, policy_of(late + "extra: {alice: {01: -5}}\n"));
    EXPECT_EQ(mark.mark, 35);
}

TEST(Policy, TakesOffNoMoreThanThereIs)
{
    const Mark mark = mark_of({attempt(due + 2 * hour, 3)}, lab, policy_of(late));
    EXPECT_EQ(mark.mark, 0);
    EXPECT_EQ(mark.penalty, 3);
    EXPECT_EQ(mark.late_days, 1);
}

TEST(Policy, ExtendsAStudentsTime)
{
    const std::string extended = late + "extensions: {alice: {01: 2026-10-03T12:00:00Z}}\n";
    EXPECT_EQ(mark_at(due + 48 * hour, extended), 40);
    EXPECT_EQ(mark_at(due + 50 * hour, extended), 35);
}

TEST(Policy, AddsExtraCreditUpToTheCap)
{
    EXPECT_EQ(mark_at(due, "extra: {alice: {01-one: 5}}"), 45);
    EXPECT_EQ(mark_at(due, "extra: {alice: {01: 15}}"), 50);
    EXPECT_EQ(mark_at(due, "extra: {alice: {01: 15}}\ncap_percent: 110"), 55);
    EXPECT_EQ(mark_at(due, "extra: {alice: {01: 15}}\nlabs: {01: {cap_percent: 104}}"), 52);
    EXPECT_EQ(mark_at(due, "extra: {alice: {01: -60}, bob: {01: 3}}"), 0);
}

TEST(Policy, CountsTheLastAttemptOrTheBest)
{
    const std::vector<Graded> attempts{attempt(due, 40), attempt(due + 30 * hour, 45),
                                       attempt(due + 31 * hour, 10)};
    const Mark last = mark_of(attempts, lab, policy_of(late));
    EXPECT_EQ(last.attempt, 3);
    EXPECT_EQ(last.attempts, 3);
    EXPECT_EQ(last.mark, 0);
    const Mark best = mark_of(attempts, lab, policy_of("attempts: best\n" + late));
    EXPECT_EQ(best.attempt, 1); // 45 less 10 for two days is less
    EXPECT_EQ(best.mark, 40);
}

TEST(Policy, NeverLetsAnEmptyAttemptCountAboveOneWithAFile)
{
    const Graded empty{
        {"alice", "01-one", due + hour, "alice", "", "rejected", "why"}, std::nullopt, ""};
    for (const std::string yaml : {"attempts: last", "attempts: best"}) {
        EXPECT_EQ(mark_of({attempt(due, 40), empty}, lab, policy_of(yaml)).mark, 40) << yaml;
        EXPECT_EQ(mark_of({empty, attempt(due, 0)}, lab, policy_of(yaml)).attempt, 2) << yaml;
        EXPECT_EQ(mark_of({empty}, lab, policy_of(yaml)).outcome, "rejected") << yaml;
    }
}

TEST(Policy, LeavesTheBestOpenWhileAnAttemptIs)
{
    Graded open = attempt(due, 0);
    open.summary.reset();
    open.why_none = "the disk is full";
    for (const auto& attempts : {std::vector<Graded>{attempt(due, 40), open},
                                 std::vector<Graded>{open, attempt(due, 40)}}) {
        EXPECT_EQ(mark_of(attempts, lab, policy_of("attempts: best")).outcome,
                  "infrastructure_error");
    }
    EXPECT_EQ(mark_of({open, attempt(due, 50)}, lab, policy_of("attempts: best")).mark, 50);
    EXPECT_EQ(mark_of({attempt(due, 50), open}, lab, policy_of("attempts: best")).mark, 50);
}

TEST(Policy, ScalesToTheTestsThatCount)
{
    EXPECT_EQ(mark_of({attempt(due, 30, 40)}, lab, policy_of("")).mark, 37.5);
}

TEST(Policy, LeavesAMarkOpenThatHasNoRecord)
{
    Graded open = attempt(due, 40);
    open.summary.reset();
    open.why_none = "the disk is full";
    const Mark mark = mark_of({open}, lab, policy_of(""));
    EXPECT_EQ(mark.outcome, "infrastructure_error");
    EXPECT_EQ(mark.sentence, "the disk is full");
    EXPECT_TRUE(mark.record.empty());
}

TEST(Policy, SaysWhereAFileIsWrong)
{
    EXPECT_EQ(complaint("attempts: first"), "policy.yaml:1: attempts: last or best");
    EXPECT_EQ(complaint("\nlate: {percent: 10}"),
              "policy.yaml:2: 'percent' is none of percent_per_day grace_hours most_percent");
    EXPECT_EQ(complaint("late: {percent_per_day: ten}"),
              "policy.yaml:1: a number is wanted here, from 0 to 100");
    EXPECT_EQ(complaint("labs: {01: {due: tomorrow}}"),
              "policy.yaml:1: 'tomorrow' is no time with a zone, as 2026-10-01T23:59:00+02:00");
    EXPECT_EQ(complaint("labs: [1, 2]"), "policy.yaml:1: a map is wanted here, as `key: value`");
    EXPECT_NE(complaint("a: [").find("policy.yaml:"), std::string::npos);
    EXPECT_NE(complaint("dues: 1").find("'dues' is none of attempts"), std::string::npos);
}

TEST(Policy, RefusesASlipThatWouldCostSomebodyAnExtension)
{
    const std::string time = "2026-10-01T12:00:00Z";
    EXPECT_EQ(complaint("labs: {03: {due: " + time + "}}"), "accepted"); // another class's
    EXPECT_EQ(complaint("labs:\n  07: {due: " + time + "}"),
              "policy.yaml:2: '07' is none of 01-one 02-two 03-three");
    EXPECT_EQ(complaint("extensions: {alice: {1: " + time + "}}"),
              "policy.yaml:1: '1' is none of 01-one 02-two 03-three; did you mean 01?");
    EXPECT_EQ(complaint("extra: {alice: {01: 5}, alice: {02: 5}}"),
              "policy.yaml:1: 'alice' stands here twice");
    EXPECT_EQ(complaint("extra: {alice: {01: 5, 01-one: 6}}"),
              "policy.yaml:1: '01-one' stands here twice, as 01-one");
    EXPECT_EQ(complaint("labs: {01: {due: " + time +
                        "}}\n"
                        "extensions: {alice: {01: 2025-10-03T12:00:00Z}}"),
              "policy.yaml:2: an extension ends after the due date, which is 2026-10-01T12:00:00Z");
    EXPECT_NE(complaint("attempts: best\n---\nlate: {}").find("a second document"),
              std::string::npos);
    for (const std::string none : {"2026-13-01T12:00:00Z", "2026-00-10T12:00:00Z",
                                   "2026-10-01T12:00:00+99:00", "2026-10-01T12:00:00+01:75"}) {
        EXPECT_NE(complaint("labs: {01: {due: " + none + "}}").find("there is no such"),
                  std::string::npos)
            << none;
    }
    EXPECT_EQ(complaint("attempts: best\nattempts: last"),
              "policy.yaml:2: 'attempts' stands here twice");
}

} // namespace
