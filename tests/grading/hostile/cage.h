// The outermost layer: whatever the jail under test lets through ends here, and the machine lives.
//
//     runner ── bwrap: own pid, net, ipc; all read-only but the tree; sized tmpfs; rlimits
//                 └── watch: plants bait, runs the grader, looks at what is left
//                       └── grade ── jail ── the submission
#pragma once

#include "grading/interrupt.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hostile {

// What the bait and the grader's surroundings looked like when the grader had ended.
struct Observations {
    int status = -1;                    // the grader's exit status
    double seconds = 0;                 // that the grader took
    std::vector<std::string> left_over; // each a sentence: a process, a file, a port …
};

struct Caging {
    std::filesystem::path tree;       // the only place on disk that can be written to
    std::filesystem::path out;        // inside the tree: what the grader prints, observations
    std::vector<std::string> grader;  // the command
    harness::Seconds time_limit{300}; // a busy machine's tests are patient
    bool without_namespaces = false;  // as in a container that allows none
};

// The bait.
constexpr int neighbour_port = 7007;
constexpr const char* neighbour_name = "hostile-neighbour"; // an abstract socket's
constexpr const char* secret = "orpiment-kestrel-5f3c";
constexpr const char* secret_in_environment = "HOSTILE_SECRET";

// Runs the grader in a cage. Of one that had to be ended from outside, `observations` is nothing
// and `ended` says why.
struct Caged {
    std::optional<Observations> observations;
    std::string ended;
};
Caged run_caged(const Caging& caging, grading::Interrupt& interrupt);

// Becomes this command, as it would run in a container that allows no namespaces. For root.
[[noreturn]] void become_contained(const std::vector<std::string>& command);

// The program inside: plants, runs, looks, and leaves OUT/observations.json.
int watch(const std::filesystem::path& out, const std::vector<std::string>& grader);

} // namespace hostile
