#include "common/services/zen.h"
#include "tests/common/hearing.h"

using lab::Service;
using lab::ZenConversation;

namespace {

const std::string unknown = "Error: unknown aphorism.";
const std::string too_long = "Error: question too long.";
const std::string white_space = " \t\r\n\v\f";

void expect_zen(std::string_view bytes, const Heard& expected)
{
    expect_at_every_cut(Service::zen, bytes, expected);
}

// A question of that many bytes before its '?', which stands apart.
std::string text_of(std::size_t bytes)
{
    return std::string(bytes, 'a');
}

} // namespace

TEST(Zen, AnswersTheThreeQuestions)
{
    expect_zen("Beautiful is better than?", {"Ugly."});
    expect_zen("Explicit is better than?", {"Implicit."});
    expect_zen("Simple is better than?", {"Complex."});
}

TEST(Zen, AnswersGluedQuestionsInTheirOrder)
{
    expect_zen("Simple is better than?Beautiful is better than?Explicit is better than?Simple is",
               {"Complex.Ugly.Implicit.", false, "Simple is"});
}

TEST(Zen, GivesOneAnswerAtATime)
{
    ZenConversation zen;
    zen.feed("Simple is better than?Beautiful is better than?");
    EXPECT_EQ(zen.next(), "Complex.");
    EXPECT_EQ(zen.unanswered(), "Beautiful is better than?");
    EXPECT_EQ(zen.next(), "Ugly.");
    EXPECT_EQ(zen.next(), std::nullopt);
}

TEST(Zen, SaysNothingToNothing)
{
    expect_zen("", {});
    EXPECT_EQ(ZenConversation().next(), std::nullopt);
}

TEST(Zen, KnowsNoOtherQuestion)
{
    expect_zen("Late is better than?", {unknown});
    expect_zen("beautiful is better than?", {unknown});
    expect_zen("Beautiful is better than ?", {unknown});
    expect_zen("Beautiful  is better than?", {unknown});
    expect_zen("?", {unknown});
    expect_zen("???", {unknown + unknown + unknown});
    expect_zen(std::string_view("\0\xff\x80?", 4), {unknown});
}

TEST(Zen, IgnoresWhiteSpaceBeforeAQuestion)
{
    expect_zen(white_space + "Simple is better than?\r\n" + white_space +
                   "Explicit is better than?\r\n",
               {"Complex.Implicit."});
    expect_zen(white_space, {});
}

TEST(Zen, KeepsWhiteSpaceWithinAQuestion)
{
    expect_zen("Simple\r\nis better than?", {unknown});
    expect_zen(" half a\t", {"", false, "half a\t"});
}

TEST(Zen, TakesAQuestionOf1024Bytes)
{
    expect_zen(text_of(1'024), {"", false, text_of(1'024)});
    expect_zen(text_of(1'024) + "?", {unknown});
}

TEST(Zen, EndsAtTheByte1025)
{
    expect_zen(text_of(1'025), {too_long, true});
    expect_zen(text_of(1'025) + "?", {too_long, true});
    expect_zen(text_of(5'000), {too_long, true});
}

TEST(Zen, CountsNoLeadingWhiteSpace)
{
    expect_zen(white_space + text_of(1'024) + "?", {unknown});
    expect_zen(white_space + text_of(1'025), {too_long, true});
    expect_zen(std::string(3'000, '\n') + "Simple is better than?", {"Complex."});
}

TEST(Zen, CountsEachOfSeveralQuestionsAlone)
{
    expect_zen("Simple is better than?" + text_of(1'024) + "?\n" + text_of(1'024) + "?",
               {"Complex." + unknown + unknown});
    expect_zen("Simple is better than? " + text_of(1'025), {"Complex." + too_long, true});
}

TEST(Zen, IgnoresWhatFollowsTheEnd)
{
    expect_zen(text_of(1'025) + "? Simple is better than?", {too_long, true});
}
