#include "common/chat_login.h"
#include "common/frames.h"
#include "common/utf8.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

using namespace lab;
using namespace std::string_literals;

namespace {

struct Heard {
    std::vector<std::string> texts;
    bool refused = false;

    bool operator==(const Heard&) const = default;
};

void take_all(FrameReader& reader, Heard& heard)
{
    try {
        while (const auto text = reader.next()) {
            heard.texts.emplace_back(*text);
        }
    } catch (const Refusal&) {
        heard.refused = true;
    }
}

Heard read_in_two(std::string_view bytes, std::size_t cut)
{
    FrameReader reader;
    Heard heard;
    for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)}) {
        if (!heard.refused) {
            reader.feed(part);
            take_all(reader, heard);
        }
    }
    return heard;
}

// In two pieces, cut anywhere, and byte by byte.
void expect_at_every_cut(std::string_view bytes, const Heard& expected)
{
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        EXPECT_EQ(read_in_two(bytes, cut), expected) << "cut at " << cut;
    }
    FrameReader reader;
    Heard heard;
    for (std::size_t i = 0; i < bytes.size() && !heard.refused; ++i) {
        reader.feed(bytes.substr(i, 1));
        take_all(reader, heard);
    }
    EXPECT_EQ(heard, expected) << "byte by byte";
}

} // namespace

TEST(Frames, GivesTheTextsInTheirOrder)
{
    expect_at_every_cut(frame_of("NAME: alice") + frame_of("") + frame_of("hi\n\0there"s) +
                            frame_of("gr\xc3\xbc\xc3\x9f"),
                        {{"NAME: alice", "", "hi\n\0there"s, "gr\xc3\xbc\xc3\x9f"}});
}

TEST(Frames, WaitsForTheRest)
{
    expect_at_every_cut("", {});
    expect_at_every_cut("\0\0\0"s, {});
    expect_at_every_cut(frame_of("hi") + "\0\0\0\4thr"s, {{"hi"}});
}

TEST(Frames, WritesTheHighestByteFirst)
{
    EXPECT_EQ(frame_of("hi"), "\0\0\0\2hi"s);
    EXPECT_EQ(frame_of(std::string(0x10203, 'a')).substr(0, 4), "\0\1\2\3"s);
    EXPECT_EQ(frame_of(""), "\0\0\0\0"s);
}

TEST(Frames, RefusesALengthBeyondTheLimitAsSoonAsItIsKnown)
{
    expect_at_every_cut(frame_of("hi") + "\0\1\0\1"s, {{"hi"}, true});
    expect_at_every_cut("\xff\xff\xff\xff", {{}, true});
    expect_at_every_cut("\x80\0\0\0"s, {{}, true});
}

TEST(Frames, TakesAsMuchAsItsLimit)
{
    const std::string longest(longest_frame, 'a');
    EXPECT_EQ(read_in_two(frame_of(longest), 10), (Heard{{longest}}));
    FrameReader reader(3);
    reader.feed(frame_of("abc") + frame_of("abcd"));
    EXPECT_EQ(reader.next(), "abc");
    EXPECT_THROW(reader.next(), Refusal);
}

TEST(Frames, RefusesWhatIsNotUtf8)
{
    expect_at_every_cut(frame_of("hi") + frame_of("\xc3"), {{"hi"}, true});
}

TEST(Utf8, TakesEveryFormAtItsEdges)
{
    for (const std::string& text :
         {""s, "\0"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xec\xbf\xbf"s,
          "\xed\x9f\xbf"s, "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s,
          "\xf3\xbf\xbf\xbf"s, "\xf4\x8f\xbf\xbf"s, "a\xc3\xa9z"s}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
}

TEST(Utf8, KnowsWhatIsNone)
{
    for (const std::string& bytes :
         {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xc2\x7f"s, "\xc2\xc0"s,
          "\xe0\x9f\xbf"s, "\xe1\x80"s, "\xe1\x80\x7f"s, "\xed\xa0\x80"s, "\xed\xbf\xbf"s,
          "\xf0\x8f\xbf\xbf"s, "\xf1\x80\x80"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xfe"s,
          "\xff"s, "fine until\xe2\x82"s}) {
        EXPECT_FALSE(is_utf8(bytes)) << bytes;
    }
}

TEST(ChatLogin, KnowsAName)
{
    for (const char* const name : {"a", "alice", "Az_09-", "_", "-"}) {
        EXPECT_TRUE(is_chat_name(name)) << name;
    }
    EXPECT_TRUE(is_chat_name(std::string(32, 'x')));
    EXPECT_FALSE(is_chat_name(std::string(33, 'x')));
    for (const std::string& name : {""s, "a b"s, "a\n"s, "a\0"s, "a@b"s, "a.b"s, "\xc3\xbc"s}) {
        EXPECT_FALSE(is_chat_name(name)) << name;
    }
}

TEST(ChatLogin, FindsTheName)
{
    EXPECT_EQ(name_in_login("NAME: alice"), "alice");
    for (const char* const text :
         {"", "alice", "NAME:alice", "name: alice", "NAME: ", "NAME: a b"}) {
        EXPECT_THROW(name_in_login(text), Refusal) << text;
    }
}
