// A network that loses, doubles and reorders datagrams, without the network: it decides, and
// somebody else sends. The same seed and the same datagrams give the same decisions, on every
// machine.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace lab {

// How likely each mishap is, from 0 to 1.
struct Mishaps {
    double drop = 0;
    double duplicate = 0;
    double reorder = 0;
};

// One direction of one conversation.
class BadNetwork {
public:
    // Networks of one seed with different numbers have different luck.
    BadNetwork(std::uint64_t seed, std::uint64_t number, Mishaps mishaps);

    // What becomes of the next datagram: nothing, itself, or itself twice. One that is to be
    // reordered is held back until the next one that arrives has gone first. `said` tells what was
    // decided: "dropped", "held back", "doubled", or nothing.
    std::vector<std::string> pass(const std::string& datagram, std::string& said);

    // Is one held back? If none follows, it must be let go some time.
    [[nodiscard]] bool holds() const { return held_.has_value(); }
    std::optional<std::string> let_go();

private:
    bool happens(double likelihood);

    std::mt19937_64 luck_;
    Mishaps mishaps_;
    std::optional<std::string> held_;
};

} // namespace lab
