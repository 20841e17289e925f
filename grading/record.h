// The record of one graded submission: the one truth, of which every report and export is a view.
#pragma once

#include "grading/rubric.h"
#include "tests/harness/report.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grading {

// What became of a submission as a whole.
enum class Outcome { graded, did_not_compile, no_submission, rejected, infrastructure_error };

std::string_view to_string(Outcome outcome);
Outcome outcome_from(std::string_view word); // throws std::invalid_argument

// A known wrong server whose failures are the same as the submission's.
struct Chaff {
    std::string name;
    std::string sentence; // what a tutor would say
    std::string test{};   // that catches it
};

struct TestResult {
    harness::Report report; // of the run that decided
    std::string title;
    int task = 0;
    int points = 0; // earned
    int max_points = 0;
    std::optional<Chaff> chaff;
    Visibility visibility = Visibility::visible;
    Detail detail = Detail::full;
};

struct Hashes { // SHA-256, in hexadecimal; empty when not known
    std::string submission;
    std::string suite; // test driver and rubric
    std::string toolchain;
};

struct Record {
    std::string lab;        // "02-fork"
    std::string title;      // of the lab
    std::string submission; // folder, or the command of a server
    Outcome outcome = Outcome::graded;
    std::string sentence;   // why it is not graded, or not in full
    bool complete = false;  // no test is still to be run
    std::string tier = "D"; // the sandbox: its letter (jail/tier.h) …
    std::string tier_why;   // … and why there was no better one; empty: none was asked for
    std::string started;    // UTC, as 2026-09-01T08:15:00Z
    std::string finished;
    double seconds = 0;
    Hashes hashes;
    std::string compiler_output;
    std::optional<Chaff> chaff;
    std::vector<TestResult> tests; // in the rubric's order
    int score = 0;
    int max_score = 0;
};

// A record in which no test has run yet.
Record blank_record(const std::string& lab, const Rubric& rubric);

// Sets the points of each test, and the sums. A pass earns its points, everything else none.
// What the machine or the grader is to blame for (skipped, inconclusive) does not count at all.
void add_up(Record& record);

// The points of all tests, those that do not count among them.
int full_points(const Record& record);
// A score as marks out of `full`: it counts out of the tests that count, so what a machine lacked
// costs nothing. 0 when nothing counts.
double scaled(int score, int max_score, int full);
double scaled_score(const Record& record); // out of its full points, to cents

// Of one that is not complete: infrastructure_error, whatever its tests say so far.
Outcome verdict_of(const Record& record);

// The task to look at next: the first unwritten step that a test has met; else that of the test
// which catches the bug this looks like; else the first with a test that does not pass. 0: the
// contract. Nothing when all is well.
std::optional<int> next_task(const Record& record);
// What to type for that: a hint, or of the contract the first test that counts against the student.
// Empty when all is well, and when the grader is to blame: no hint mends that.
std::string next_command(const Record& record);

// Does this verdict count neither for nor against the student?
bool counts_not(harness::Verdict verdict);

// Does it count against the student: neither passed nor left out?
bool is_open(const TestResult& test);

// Canonical JSON: sorted keys, two blanks of indentation, valid UTF-8 whatever the server printed.
std::string to_json(const Record& record);
Record record_from_json(std::string_view json); // throws std::runtime_error
Record load_record(const std::filesystem::path& file);

// The time of day in UTC: "2026-09-01T08:15:00Z".
std::string now_utc();

} // namespace grading
