// A hostile submission: what it tries, and what must be seen of it. README.md says how one looks.
#pragma once

#include "grading/record.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hostile {

// What an attack is told of its surroundings, as if it had found out: @ROOT@ in its source.
using Places = std::map<std::string, std::string>;

enum class Phase { run, compile, archive };

struct Submission {
    std::string name;
    Phase phase = Phase::run;
    std::filesystem::path source; // NAME.cpp, a folder, or NAME.py that makes one
    std::string tries;
    // Nothing: whatever it is.
    std::optional<grading::Outcome> outcome = grading::Outcome::graded;
    std::string tests = "pass";     // what all of them must come to: pass, fail, any …
    std::vector<std::string> only;  // … of these tests
    std::vector<std::string> says;  // in the report: an ECMAScript regex each
    std::vector<std::string> never; // likewise, and in the record
    std::string logs;               // likewise, in a server's log; empty: anything
    std::string tiers = "ABC";      // those that contain it
    bool quick = false;             // one of those that `make test` runs
};

// All of them, in the order of their names. Throws std::runtime_error for a header that is wrong.
std::vector<Submission> submissions_in(const std::filesystem::path& folder);

// Makes what a student would have handed in, in an empty folder. An attack() comes before the
// solution, which serves once the attack has returned.
void hand_in(const Submission& submission, const std::filesystem::path& solution,
             const Places& places, const std::filesystem::path& folder);

} // namespace hostile
