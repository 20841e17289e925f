// A small repository to grade in: one lab, and a test driver that does as its tests' names say.
#pragma once

#include "grading/files.h"
#include "grading/layout.h"
#include "grading/rubric.h"
#include "tests/harness/proc.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace fixture {

namespace fs = std::filesystem;

// Each test with one point, in task 1.
inline std::string rubric_of(const std::vector<std::string>& tests)
{
    std::string yaml = "title: A lab for testing\ntests:\n";
    for (const std::string& test : tests) {
        yaml.append("  - {test: ").append(test);
        yaml.append(", points: 1, task: 1, title: it ").append(test).append("}\n");
    }
    return yaml + "tasks:\n  - {task: 1, title: do it, hints: [think, think again, do this]}\n";
}

// Passes, Fails, Skips, PassesSecondTime, CrashesOnce, Crashes, …: what the driver does for a test.
inline const std::string driver_script = R"(#!/bin/sh
here=$(dirname "$0")
for argument; do
    case $argument in
    --result=*) result=${argument#--result=} ;;
    --gtest_filter=*) name=${argument#--gtest_filter=*.} ;;
    --server=*) server=${argument#--server=} ;;
    --gtest_list_tests) printf 'Lab.\n  Passes\n  Fails  # a comment\n'; exit ;;
    esac
done
echo "$name" >>"$here/ran"
report() # VERDICT FAILURE [TEST]
{
    printf '{"test": "%s", "verdict": "%s", "seconds": 0.1, "steps": ["tried %s"], "wire": [],
             "failure": %s, "log": "", "reproduce": ""}' "${3:-$name}" "$1" "$name" "$2" >"$result"
}
wrong='{"expected": "one", "got": "two", "cause": "three"}'
broken='{"expected": "", "got": "no room", "cause": ""}'
first_time() { mkdir "$here/$name" 2>"$here/errors"; }
case $name in
Passes*) report pass null ;;
Fails*) report fail "$wrong" ;;
Skips*) report skipped "$broken" ;;
Inconclusive*) report inconclusive "$broken" ;;
UnstablePassesSecondTime) if first_time; then report fail "$wrong"; else report pass null; fi ;;
CrashesOnce) if first_time; then kill -SEGV $$; else report pass null; fi ;;
Crashes) echo "last words"; kill -SEGV $$ ;;
WritesNothing) exit 0 ;;
WritesGarbage) echo '{"test": ' >"$result" ;;
WritesForAnother) report pass null Passes ;;
ClaimsUnstable) report unstable "$wrong" ;;
LeavesAnOrphan) setsid sleep 1000 & report pass null ;;
Hangs) setsid sleep 1000 & sleep 1000 ;;
AsksServer) report "$server" "$wrong" ;;
esac
)";

class Repository : public testing::Test {
protected:
    Repository() : folder_(fs::temp_directory_path()), root(folder_.path())
    {
        layout.root = root;
        harness::become_subreaper();
        write(layout.driver(lab), driver_script);
        fs::permissions(layout.driver(lab), fs::perms::owner_all);
        fs::create_directories(layout.jail().parent_path());
        write(layout.compile_command(lab), "g++ -std=c++20 {source} -o {program}\n");
    }

    // No test may leave a process behind.
    void TearDown() override { EXPECT_TRUE(harness::children_of(::getpid()).empty()); }

    static void write(const fs::path& file, const std::string& text)
    {
        fs::create_directories(file.parent_path());
        harness::write_atomically(file, text);
    }
    void use_tests(const std::vector<std::string>& tests)
    {
        write(layout.rubric(lab), rubric_of(tests));
    }
    // How often the driver was started for a test.
    [[nodiscard]] long runs_of(const std::string& test) const
    {
        const fs::path file = layout.driver(lab).parent_path() / "ran";
        const std::string ran = fs::exists(file) ? "\n" + grading::contents_of(file) : "\n";
        long count = 0;
        for (auto at = ran.find("\n" + test + "\n"); at != std::string::npos;
             at = ran.find("\n" + test + "\n", at + 1)) {
            ++count;
        }
        return count;
    }

private:
    grading::TemporaryFolder folder_;

protected:
    fs::path root;
    grading::Layout layout;
    std::string lab = "01-one";
};

} // namespace fixture
