#include "grading/chaff.h"

#include <gtest/gtest.h>

using namespace grading;

namespace {

const std::vector<KnownChaff> known{
    {"never-reaps", "Dead children stay.", {"Reaps"}, {"StaysSmall"}},
    {"one-wait", "One signal, many deaths.", {"ReapsMany"}, {"Reaps"}},
    {"single-client", "It serves one.", {"Reaps", "ServesTwo"}, {}},
    {"never-reaps-either", "Another way.", {"Idle"}, {}},
    {"never-reaps-again", "A third way.", {"Idle"}, {}},
};

std::string matched(const std::set<std::string>& failed)
{
    const auto chaff = match(failed, known);
    return chaff ? chaff->name : "none";
}

TEST(Chaff, HeaderIsRead)
{
    const KnownChaff chaff = parse_chaff("one-wait", "Caught-by: ReapsMany\n"
                                                     "May-fail: Reaps StaysSmall\n"
                                                     "Sentence: One signal may stand for\n"
                                                     "  several deaths: loop.\n"
                                                     "\n"
                                                     "--- a/solutions/02-fork/server.cpp\n"
                                                     "Sentence: not this\n");
    EXPECT_EQ(chaff.sentence, "One signal may stand for several deaths: loop.");
    EXPECT_EQ(chaff.caught_by, std::set<std::string>{"ReapsMany"});
    EXPECT_EQ(chaff.may_fail, (std::set<std::string>{"Reaps", "StaysSmall"}));
}

TEST(Chaff, MatchesWhenItsTestsFailAndNoOthers)
{
    EXPECT_EQ(matched({"Reaps"}), "never-reaps");
    EXPECT_EQ(matched({"Reaps", "StaysSmall"}), "never-reaps");
    EXPECT_EQ(matched({"ReapsMany"}), "one-wait");
    EXPECT_EQ(matched({"Reaps", "ServesTwo"}), "single-client");
    EXPECT_EQ(matched({"StaysSmall"}), "none");
    EXPECT_EQ(matched({"Reaps", "Other"}), "none");
    EXPECT_EQ(matched({}), "none");
}

TEST(Chaff, ThatCannotBeToldFromAnotherIsNamedWithIt)
{
    const auto chaff = match({"Idle"}, known);
    ASSERT_TRUE(chaff);
    EXPECT_EQ(chaff->name, "never-reaps-either, never-reaps-again");
    EXPECT_EQ(chaff->sentence, "Another way. Or: A third way.");
}

TEST(Chaff, IsNotedAtTheTestsThatFailed)
{
    Record record;
    for (const char* name : {"Reaps", "ServesTwo", "Answers"}) {
        record.tests.emplace_back().report.test = name;
    }
    record.tests[0].report.verdict = harness::Verdict::fail;
    record.tests[1].report.verdict = harness::Verdict::unstable;
    record.tests[2].report.verdict = harness::Verdict::pass;
    note_chaff(record, known);
    ASSERT_TRUE(record.chaff);
    EXPECT_EQ(record.chaff->name, "single-client");
    EXPECT_EQ(record.tests[1].chaff->sentence, "It serves one.");
    EXPECT_FALSE(record.tests[2].chaff);
}

TEST(Chaff, FolderMayBeMissing)
{
    EXPECT_TRUE(load_chaffs("no/such/folder").empty());
}

} // namespace
