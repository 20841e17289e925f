// How far a stranger's program can be kept from this machine: found out by doing, told in every
// report.
#pragma once

#include "grading/layout.h"

#include <array>
#include <string>
#include <string_view>

namespace grading {

// From the strongest to none.
enum class Tier { a, b, c, d };

std::string to_string(Tier tier); // "A"

// One sentence on what it means: for a record's letter, whatever that is.
std::string meaning_of(std::string_view letter);

struct Tiers {
    std::array<std::string, 4> why_not; // empty: it is to be had

    [[nodiscard]] const std::string& why_not_of(Tier tier) const
    {
        return why_not.at(static_cast<std::size_t>(tier));
    }
    [[nodiscard]] Tier best() const;
};

// Runs a pod with a jail in it, hence before anything else is run: ends all that is below this
// process. Takes some milliseconds.
Tiers find_tiers(const Layout& layout);

struct Choice {
    Tier tier = Tier::d;
    std::string why; // not a better one; empty when a certain one was asked for
};

// What "auto", "A", … "D" asks for. Throws std::invalid_argument for another word, and for a tier
// that is not to be had.
Choice choose_tier(const std::string& word, const Layout& layout);
// The same for what can be put into no jail, and why that is so.
Choice choose_without_jail(const std::string& word, const std::string& why);

} // namespace grading
