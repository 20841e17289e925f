#include "common/bad_network.h"

#include <utility>

namespace lab {

namespace {

// Neighbouring seeds and numbers shall have nothing in common (splitmix64, of Steele, Lea and
// Flood, "Fast splittable pseudorandom number generators").
std::uint64_t scrambled(std::uint64_t value)
{
    value += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
}

} // namespace

BadNetwork::BadNetwork(std::uint64_t seed, std::uint64_t number, Mishaps mishaps)
    : luck_(scrambled(scrambled(seed) + number)), mishaps_(mishaps)
{
}

// By hand: a distribution of the standard library may give other results with another library.
bool BadNetwork::happens(double likelihood)
{
    constexpr double two_to_the_53 = 9'007'199'254'740'992;
    return static_cast<double>(luck_() >> 11) / two_to_the_53 < likelihood;
}

std::vector<std::string> BadNetwork::pass(const std::string& datagram, std::string& said)
{
    // Asked in any case: whether one is doubled does not change what happens to those after it.
    const bool dropped = happens(mishaps_.drop);
    const bool doubled = happens(mishaps_.duplicate);
    const bool late = happens(mishaps_.reorder);

    said = dropped ? "dropped" : doubled ? "doubled" : "";
    std::vector<std::string> out;
    if (!dropped) {
        out.assign(doubled ? 2 : 1, datagram);
    }
    if (late && !doubled && !dropped && !held_) {
        said = "held back";
        held_ = std::move(out.front());
        return {};
    }
    if (held_ && !dropped) {
        out.push_back(*std::exchange(held_, std::nullopt));
    }
    return out;
}

std::optional<std::string> BadNetwork::let_go()
{
    return std::exchange(held_, std::nullopt);
}

} // namespace lab
