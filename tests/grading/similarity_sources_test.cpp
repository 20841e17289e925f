#include "grading/similarity/similarity.h"
#include "tests/grading/class_fixture.h"

using namespace grading;

namespace {

class SimilaritySourcesTest : public fixture::Class {
protected:
    void hand_in(const std::string& student, std::size_t attempts) const
    {
        for (std::size_t i = 1; i <= attempts; ++i) {
            const std::string number = std::to_string(i);
            write(submissions / student / ("attempt-" + number) / "server.cpp", student + number);
        }
    }
    [[nodiscard]] Sources found(std::size_t most = 1'000) const
    {
        return find_sources(submissions, {}, "01-one", layout, most);
    }
};

TEST_F(SimilaritySourcesTest, TakesEachDifferentAttemptOnce)
{
    hand_in("alice", 3);
    write(submissions / "alice/attempt-3/server.cpp", "alice1");
    write(submissions / "bob/server.cpp", "bob");
    const Sources sources = found();
    ASSERT_EQ(sources.all.size(), 3U);
    EXPECT_EQ(sources.all[0].name(), "alice (attempt 2 of 3)");
    EXPECT_EQ(sources.all[0].text, "alice2");
    EXPECT_EQ(sources.all[1].name(), "alice (attempt 3 of 3)");
    EXPECT_EQ(sources.all[1].text, "alice1");
    EXPECT_EQ(sources.all[2].name(), "bob");
}

// sim takes its time for what repeats itself: no one student may take all of it.
TEST_F(SimilaritySourcesTest, OfOneWhoHandsInMuchTakesTheLastOnes)
{
    for (const std::string number : {"1", "2", "3"}) {
        write(submissions / "mallory" / ("attempt-" + number) / "server.cpp",
              std::string(60'000, 'x') + number);
    }
    write(submissions / "nina/server.cpp", std::string(200'000, 'x'));
    const Sources sources = found();
    ASSERT_EQ(sources.all.size(), 3U);
    EXPECT_EQ(sources.all[0].name(), "mallory (attempt 2 of 3)");
    EXPECT_EQ(sources.all[1].name(), "mallory (attempt 3 of 3)");
    EXPECT_EQ(sources.all[2].why_not, "server.cpp is larger than 64 KiB");
    ASSERT_FALSE(sources.notes.empty());
    EXPECT_EQ(sources.notes.back(), "mallory: of 3 different files the last 2 are compared: "
                                    "together they are large");
}

TEST_F(SimilaritySourcesTest, OfTooManyTakesTheLastOnes)
{
    hand_in("alice", 7);
    hand_in("bob", 6);
    hand_in("carol", 1);
    EXPECT_EQ(found(2).all.size(), 3U); // one of each, whatever there are
    const Sources sources = found(10);
    ASSERT_EQ(sources.all.size(), 9U);
    EXPECT_EQ(sources.all[0].name(), "alice (attempt 4 of 7)");
    EXPECT_EQ(sources.all[4].name(), "bob (attempt 3 of 6)");
    ASSERT_FALSE(sources.notes.empty());
    EXPECT_EQ(
        sources.notes.back(),
        "5 of 14 files are not compared, which would take too long: of who has handed in more "
        "than 4 different ones, the last 4 are");
}

} // namespace
