#include "common/services/echo.h"
#include "tests/common/hearing.h"

#include <numeric>

using lab::EchoConversation;

namespace {

void expect_back(const std::string& bytes)
{
    expect_at_every_cut(lab::Service::echo, bytes, {bytes});
}

} // namespace

TEST(Echo, SaysBackWhatItHears)
{
    expect_back("hello\r\nworld");
    expect_back("");
}

TEST(Echo, SaysBackEveryByteThereIs)
{
    std::string bytes(256, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    expect_back(bytes + std::string(10, '\0') + bytes);
}

TEST(Echo, SaysNothingTwice)
{
    EchoConversation echo;
    EXPECT_EQ(echo.next(), std::nullopt);
    echo.feed("once");
    EXPECT_EQ(echo.unanswered(), "once");
    EXPECT_EQ(echo.next(), "once");
    EXPECT_EQ(echo.next(), std::nullopt);
    EXPECT_EQ(echo.unanswered(), "");
}

TEST(Echo, NeverEndsByItself)
{
    const std::string megabyte(1'000'000, 'x');
    EXPECT_EQ(hear(lab::Service::echo, {megabyte, megabyte}), Heard{megabyte + megabyte});
}
