#include "grading/class/run_report.h"

#include "grading/record.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <nlohmann/json.hpp>

namespace grading {

namespace fs = std::filesystem;

using nlohmann::json;

namespace {

// Of this program. getrusage would not do: its ru_maxrss begins with what whoever has started us
// had in memory, for exec keeps it.
long peak_kilobytes()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stol(line.substr(line.find(':') + 1));
        }
    }
    return 0;
}

json tests_of(const BookResult& result)
{
    json tests = json::object();
    for (const auto& [lab, statistics] : result.statistics.labs()) {
        for (const auto& [name, count] : statistics.tests) {
            int runs = 0;
            std::ranges::for_each(count.verdicts, [&](int n) { runs += n; });
            tests[lab][name] = {{"seconds", count.seconds / std::max(1, runs)}, {"runs", runs}};
        }
    }
    return tests;
}

} // namespace

void write_run_file(const fs::path& out, const RunFacts& facts, const BookResult& result)
{
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - facts.start;
    const json run{{"finished", now_utc()},
                   {"seconds", seconds.count()},
                   {"engine", facts.engine},
                   {"jobs", harness::at_a_time(facts.jobs)},
                   {"units", facts.units},
                   {"graded", facts.graded},
                   {"peak_kilobytes", peak_kilobytes()},
                   {"slowness", facts.slowness > 0 ? json(facts.slowness) : json()},
                   {"tests", tests_of(result)}};
    harness::write_atomically(out / "run.json", run.dump(2) + "\n");
}

void print_report(const fs::path& out, const RunFacts& facts, const BookResult& result)
{
    std::printf("students: %zu, units: %zu, graded now: %zu\n%s", result.students, facts.units,
                facts.graded, result.statistics.text().c_str());
    for (const OpenMark& open : result.open) {
        std::printf("open: %s, lab %s: %s\n", open.student.c_str(), open.lab.c_str(),
                    open.why.c_str());
    }
    if (result.all_open > 0) {
        std::printf("%zu marks are not certain, and nobody is marked down for that. What the "
                    "grader could not\ndo it tries again with the same command; what was "
                    "inconclusive with --regrade ID.\n",
                    result.all_open);
    }
    std::printf("gradebook: %s, to read: %s\n", (out / "gradebook.csv").c_str(),
                (out / "index.html").c_str());
}

} // namespace grading
