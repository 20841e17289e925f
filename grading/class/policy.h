// How marks are made of scores: due dates, lateness, attempts, extra credit, caps. A YAML file of
// the instructor's; every part of it may be left out:
//
//   attempts: last              # or best: after what lateness costs
//   late:
//     percent_per_day: 10       # of a lab's marks, for each day that has begun
//     grace_hours: 1            # within them nothing is late; after them all is, from the due date
//     most_percent: 50
//   cap_percent: 100            # no mark is above that, extra credit included
//   labs:
//     01: {due: 2026-10-01T23:59:00+02:00}
//     02: {due: 2026-10-08T23:59:00+02:00, cap_percent: 110, late: {percent_per_day: 5}}
//   extensions:
//     alice: {01: 2026-10-05T23:59:00+02:00}
//   extra:
//     bob: {01: 5}              # or -5, to take off by hand
#pragma once

#include "grading/class/gradebook.h"
#include "grading/class/index.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace grading {

struct LabPolicy {
    std::optional<std::int64_t> due; // nothing is ever late without it
    double percent_per_day = 0;
    double grace_hours = 0;
    double most_percent = 100;
    double cap_percent = 100;
};

struct Policy {
    bool best_attempt = false;             // else the last one
    std::map<std::string, LabPolicy> labs; // of every lab of this class
    std::map<std::string, std::map<std::string, std::int64_t>> extensions; // student, lab
    std::map<std::string, std::map<std::string, double>> extra;            // student, lab
    std::set<std::string> extra_elsewhere; // labs not of this class that it gives extra credit for
};

// Nothing is late, the last attempt counts, and a lab's marks are the most.
Policy plain_policy(const std::vector<std::string>& labs);
struct LabNames {
    std::vector<std::string> of_class; // as on the command line
    std::vector<std::string> all;      // what a policy may speak of
};

// "FILE:LINE: what, and what to do" as std::invalid_argument for a file that is not as above, and
// for a lab that there is not: a slip of the pen would cost somebody an extension. What is said of
// labs of another class does no harm.
Policy load_policy(const std::filesystem::path& file, const LabNames& labs);
Policy parse_policy(const std::string& yaml, const std::filesystem::path& file,
                    const LabNames& labs);

// A student's attempts at one lab, the oldest first, and what became of each.
struct Graded {
    Attempt attempt;
    std::optional<Summary> summary; // nothing: it has no record
    std::string record;             // from OUT
    std::string why_none{};         // it has no record: the sentence
};

// What the policy gives beside; nothing when it does not speak of it.
std::optional<double> extra_of(const Policy& policy, const std::string& student,
                               const std::string& lab);

// The mark of one student in one lab. Of several attempts, one that has no file never counts above
// one that has.
Mark mark_of(const std::vector<Graded>& attempts, const LabOfClass& lab, const Policy& policy);

} // namespace grading
