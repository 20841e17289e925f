#include "common/bad_network.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

using namespace lab;

namespace {

// What comes out when the numbers from 0 go in, and what was said of each.
struct Passage {
    std::vector<std::string> out;
    std::vector<std::string> said;
    bool operator==(const Passage&) const = default;
};

Passage pass_numbers(BadNetwork network, int count)
{
    Passage passage;
    for (int i = 0; i < count; ++i) {
        std::string said;
        for (std::string& datagram : network.pass(std::to_string(i), said)) {
            passage.out.push_back(std::move(datagram));
        }
        passage.said.push_back(said);
    }
    return passage;
}

std::vector<std::string> numbers(int count)
{
    std::vector<std::string> all(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        all[static_cast<std::size_t>(i)] = std::to_string(i);
    }
    return all;
}

constexpr Mishaps all_of_them{0.2, 0.2, 0.2};

} // namespace

TEST(BadNetwork, IsAGoodOneWithoutMishaps)
{
    EXPECT_EQ(pass_numbers(BadNetwork(1, 0, {}), 50).out, numbers(50));
}

TEST(BadNetwork, DecidesTheSameForTheSameSeed)
{
    EXPECT_EQ(pass_numbers(BadNetwork(7, 0, all_of_them), 200),
              pass_numbers(BadNetwork(7, 0, all_of_them), 200));
}

// On every machine: the numbers were made once and for all.
TEST(BadNetwork, DecidesTheSameEverywhere)
{
    const Passage passage = pass_numbers(BadNetwork(7, 0, all_of_them), 8);
    const std::vector<std::string> made{"doubled", "dropped", "dropped", "doubled",
                                        "dropped", "doubled", "",        "held back"};
    EXPECT_EQ(passage.said, made);
}

TEST(BadNetwork, DecidesDifferentlyForAnotherSeedOrNumber)
{
    const Passage one = pass_numbers(BadNetwork(7, 0, all_of_them), 200);
    EXPECT_NE(one.out, pass_numbers(BadNetwork(8, 0, all_of_them), 200).out);
    EXPECT_NE(one.out, pass_numbers(BadNetwork(7, 1, all_of_them), 200).out);
}

TEST(BadNetwork, DropsAllWhenItIsCertain)
{
    EXPECT_TRUE(pass_numbers(BadNetwork(1, 0, {1, 0, 0}), 20).out.empty());
}

TEST(BadNetwork, DropsAboutAsManyAsItShould)
{
    const auto left =
        static_cast<double>(pass_numbers(BadNetwork(3, 0, {0.3, 0, 0}), 10'000).out.size());
    EXPECT_NEAR(left, 7'000, 200); // more than four standard deviations
}

TEST(BadNetwork, DropsTheSameOnesWhateverElseHappens)
{
    const auto dropped = [](const Passage& passage) {
        std::vector<std::size_t> which;
        for (std::size_t i = 0; i < passage.said.size(); ++i) {
            if (passage.said[i] == "dropped") {
                which.push_back(i);
            }
        }
        return which;
    };
    EXPECT_EQ(dropped(pass_numbers(BadNetwork(5, 0, {0.3, 0, 0}), 100)),
              dropped(pass_numbers(BadNetwork(5, 0, {0.3, 0.5, 0.5}), 100)));
}

TEST(BadNetwork, DoublesAllWhenItIsCertain)
{
    const std::vector<std::string> twice{"0", "0", "1", "1"};
    EXPECT_EQ(pass_numbers(BadNetwork(1, 0, {0, 1, 0}), 2).out, twice);
}

TEST(BadNetwork, LetsTheNextOneGoFirst)
{
    const std::vector<std::string> swapped{"1", "0", "3", "2"};
    EXPECT_EQ(pass_numbers(BadNetwork(1, 0, {0, 0, 1}), 4).out, swapped);
}

TEST(BadNetwork, LetsGoOfTheLastOneWhenAsked)
{
    BadNetwork network(1, 0, {0, 0, 1});
    EXPECT_FALSE(network.holds());
    std::string said;
    EXPECT_TRUE(network.pass("alone", said).empty());
    EXPECT_EQ(said, "held back");
    EXPECT_TRUE(network.holds());
    EXPECT_EQ(network.let_go(), "alone");
    EXPECT_FALSE(network.holds());
    EXPECT_EQ(network.let_go(), std::nullopt);
}

TEST(BadNetwork, PassesBytesThatAreNotText)
{
    BadNetwork network(1, 0, {});
    const std::string bytes("\0\xff\0", 3);
    std::string said;
    EXPECT_EQ(network.pass(bytes, said), std::vector<std::string>{bytes});
    EXPECT_EQ(network.pass("", said), std::vector<std::string>{""});
}
