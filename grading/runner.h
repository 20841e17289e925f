// Runs a lab's tests, each as a process of its own, and settles on their verdicts.
#pragma once

#include "grading/interrupt.h"
#include "grading/jail/cgroup.h"
#include "grading/jail/jail.h"
#include "grading/record.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace grading {

struct RunOptions {
    std::filesystem::path driver;  // DRIVER --server=CMD --gtest_filter=*.NAME --result=FILE
    std::string server;            // the command that starts the server under test
    std::string tsan_server;       // the same, built with ThreadSanitizer; empty: there is none …
    std::string no_tsan;           // … because of this
    std::string hidden_code;       // what it hides from ThreadSanitizer; empty: nothing
    std::filesystem::path scratch; // a folder for the results of single runs
    const ServerJail* jail = nullptr;    // borrowed; null: none, else each driver has a pod
    const CgroupHome* cgroups = nullptr; // borrowed; null: none around the pods
    bool lone_users = false; // no pods, but a user of its own for each run: one at a time …
    std::filesystem::path libraries; // … who finds in here what servers are started with
    unsigned jobs = 0;               // tests at a time; 0: one a core
    // Of one run of one test: more than most_of_a_test, with which a driver ends it.
    harness::Seconds time_limit{150};
    bool confirm = true;      // a fail is a fail when it happens twice
    bool heed_grounds = true; // what depends on a failed test is not run
    // The command that repeats exactly this test.
    std::function<std::string(const std::string& test)> reproduce;
};

// Is told how it goes on.
class RunObserver {
public:
    RunObserver() = default;
    virtual ~RunObserver() = default;
    RunObserver(const RunObserver&) = delete;
    RunObserver& operator=(const RunObserver&) = delete;

    virtual void started(const std::string& test) = 0;
    // The record has this result in it.
    virtual void decided(const TestResult& result) = 0;
};

// The verdict after these runs of one test, or nothing: it must run again.
//
// A fail counts when it is confirmed by a second one; a pass or a skip beside it makes the test
// unstable.
// What is inconclusive is tried twice more.
std::optional<harness::Verdict> decide(const std::vector<harness::Report>& runs, bool confirm);

// Runs every test of the record that is `not_run`, and adds up the points. Throws Interrupted,
// after everything that was running is gone: what was decided by then stands in the record. The
// caller must be a subreaper (harness::become_subreaper).
void run_tests(Record& record, const Rubric& rubric, const RunOptions& options,
               Interrupt& interrupt, RunObserver& observer);

} // namespace grading
