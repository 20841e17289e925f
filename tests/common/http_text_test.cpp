#include "common/http/date.h"
#include "common/http/range.h"
#include "common/http/text.h"

#include <gtest/gtest.h>

using namespace lab::http;

TEST(HttpText, ComparesWithoutRegardToCase)
{
    EXPECT_TRUE(same("Keep-ALIVE", "keep-alive"));
    EXPECT_FALSE(same("keep-alive ", "keep-alive"));
    EXPECT_TRUE(lists("a ,Close\t,b", "close"));
    EXPECT_TRUE(lists("close", "close"));
    EXPECT_FALSE(lists("", "close"));
    EXPECT_EQ(trimmed("\t a b  "), "a b");
    EXPECT_EQ(trimmed(" \t"), "");
}

TEST(HttpText, KnowsWholeNumbers)
{
    EXPECT_EQ(whole_number("18446744073709551615"), UINT64_MAX);
    for (const char* const none : {"", "-1", "+1", "1 ", "18446744073709551616"}) {
        EXPECT_EQ(whole_number(none), std::nullopt) << none;
    }
}

TEST(HttpText, EscapesForLinksPagesAndLogs)
{
    EXPECT_EQ(percent_decoded("%41%2fb+c"), "A/b+c");
    for (const char* const none : {"%", "%4", "%4g", "%-1", "a%%20"}) {
        EXPECT_EQ(percent_decoded(none), std::nullopt) << none;
    }
    EXPECT_EQ(percent_encoded("a b/\"%\xC3"), "a%20b/%22%25%C3");
    EXPECT_EQ(html_escaped("<a href=\"'&\">"), "&lt;a href=&quot;&#39;&amp;&quot;&gt;");
    EXPECT_EQ(printable("a\x1B[1m\r\n\xC3"), "a\\x1B[1m\\x0D\\x0A\\xC3");
    EXPECT_EQ(printable("a\r\nb\x01", true), "a\nb\\x01");
}

TEST(HttpDate, IsWrittenAndRead)
{
    EXPECT_EQ(to_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777);
    EXPECT_EQ(parse_date(date_now()).has_value(), true);
    for (const char* const none :
         {"", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
          "Thu, 31 Feb 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "784111777"}) {
        EXPECT_EQ(parse_date(none), std::nullopt) << none;
    }
}

TEST(HttpRange, IsPartOfTheFile)
{
    const auto part = [](std::string_view field) {
        const RangeAsked asked = parse_range(field, 10);
        return asked.kind == RangeKind::part ? asked.part : Range{};
    };
    EXPECT_EQ(part("bytes=0-0"), (Range{0, 1}));
    EXPECT_EQ(part("bytes=2-5"), (Range{2, 4}));
    EXPECT_EQ(part("bytes=2-"), (Range{2, 8}));
    EXPECT_EQ(part("bytes=2-99"), (Range{2, 8}));
    EXPECT_EQ(part("bytes=-3"), (Range{7, 3}));
    EXPECT_EQ(part("bytes=-99"), (Range{0, 10}));
    EXPECT_EQ(part("bytes=2-99999999999999999999"), (Range{2, 8})); // more than 64 bits
    EXPECT_EQ(part("bytes=-99999999999999999999"), (Range{0, 10}));
    EXPECT_EQ(part("BYTES=9-18446744073709551615"), (Range{9, 1}));
}

TEST(HttpRange, IsWrongOrNotMeantForUs)
{
    for (const char* const wrong :
         {"bytes=10-", "bytes=5-4", "bytes=-0", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1x",
          "bytes=--1", "bytes=99999999999999999999-"}) {
        EXPECT_EQ(parse_range(wrong, 10).kind, RangeKind::wrong) << wrong;
    }
    for (const char* const whole : {"", "lines=0-1", "bytes=0-1,3-4", "bytes"}) {
        EXPECT_EQ(parse_range(whole, 10).kind, RangeKind::whole) << whole;
    }
    EXPECT_EQ(parse_range("bytes=0-", 0).kind, RangeKind::wrong);
    EXPECT_EQ(parse_range("bytes=-1", 0).kind, RangeKind::wrong);
}
