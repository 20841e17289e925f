// A small class to grade: a repository with two labs whose tests cost nothing, the real programs,
// and a folder of submissions.
#pragma once

#include "grading/class/gradebook.h"
#include "tests/grading/fixture.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fixture {

// A submission is what its server does with each test: its text is the list of those it passes.
inline const std::string obedient_driver = R"(#!/bin/sh
for argument; do
    case $argument in
    --result=*) result=${argument#--result=} ;;
    --gtest_filter=*) name=${argument#--gtest_filter=*.} ;;
    --server=*) server=${argument#--server=} ;;
    esac
done
verdict=fail failure='{"expected": "one", "got": "two", "cause": "three"}'
case $(cat "$server") in *inconclusive*) verdict=inconclusive ;; esac
case $(cat "$server") in *"$name"*) verdict=pass failure=null ;; esac
printf '{"test": "%s", "verdict": "%s", "seconds": 0.1, "steps": [], "wire": [], "failure": %s,
    "log": "", "reproduce": ""}' "$name" "$verdict" "$failure" >"$result"
)";

// Called like g++. What says "broken" does not compile. Notes each source that it was given.
inline const std::string obedient_compiler = R"(#!/bin/sh
if [ "$1" = --version ]; then echo "obedient 1"; exit; fi
while [ "$1" != -o ]; do source=$1; shift; done
sha256sum <"$source" >>"$(dirname "$0")/compiled"
case $(cat "$source") in *broken*) echo "it is broken" >&2; exit 1 ;; esac
cp "$source" "$2"
)";

class Class : public Repository {
protected:
    Class()
    {
        for (const std::string name : {"01-one", "02-two"}) {
            write_program(layout.driver(name), obedient_driver);
            write(layout.rubric(name), rubric_of({"Alpha", "Beta", "Gamma"}));
            write(layout.compile_command(name),
                  (root / "compiler").string() + " {source} -o {program}\n");
        }
        write_program(root / "compiler", obedient_compiler);
        const fs::path build =
            fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "grading";
        fs::create_directories(root / layout.build / "grading");
        for (const char* const program : {"grade", "grade-class", "unpack"}) {
            fs::create_symlink(build / program, root / layout.build / "grading" / program);
        }
        fs::create_directories(submissions);
    }

    static void write_program(const fs::path& file, const std::string& text)
    {
        write(file, text);
        fs::permissions(file,
                        fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    }
    void submit(const std::string& student, const std::string& lab_name,
                const std::string& text) const
    {
        write(submissions / student / lab_name / "server.cpp", text);
    }

    struct Ending {
        int code;
        std::string output;
        std::string errors;
    };
    [[nodiscard]] harness::Command command(const std::vector<std::string>& more) const
    {
        harness::Command what{.arguments = {(root / layout.build / "grading/grade-class").string(),
                                            "--root", root.string()},
                              .directory = {}};
        what.arguments.insert(what.arguments.end(), more.begin(), more.end());
        return what;
    }
    [[nodiscard]] Ending run(const std::vector<std::string>& more) const
    {
        const lab::UniqueFd output = grading::memory_file();
        const lab::UniqueFd errors = grading::memory_file();
        harness::Command what = command(more);
        what.output = output.get();
        what.errors = errors.get();
        const auto status = harness::spawn(what).wait(harness::Seconds(120));
        return {status ? status->code : -1, grading::contents_of(output.get(), 100'000),
                grading::contents_of(errors.get(), 100'000)};
    }
    Ending grade(std::vector<std::string> more = {})
    {
        for (const std::string word :
             {"--submissions", submissions.c_str(), "--out", out.c_str()}) {
            more.push_back(word);
        }
        return run(more);
    }
    [[nodiscard]] grading::Mark mark(const std::string& student, const std::string& lab_name) const
    {
        for (const auto& someone : grading::load_gradebook(out / "gradebook.json").students) {
            if (someone.id == student) {
                return someone.marks.at(lab_name);
            }
        }
        throw std::runtime_error("no student " + student);
    }
    // How many sources were compiled so far.
    [[nodiscard]] long compilations() const
    {
        const fs::path file = root / "compiled";
        return fs::exists(file) ? std::ranges::count(grading::contents_of(file), '\n') : 0;
    }
    [[nodiscard]] std::size_t records() const
    {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(out / "records")) {
            count += entry.path().extension() == ".json" ? 1 : 0;
        }
        return count;
    }

    fs::path submissions = root / "class";
    fs::path out = root / "out";
};

// Runs a few lines of Python, in a folder.
inline void python(const fs::path& folder, const std::string& lines)
{
    fs::create_directories(folder);
    grading::output_of(
        {"python3", "-c", "import os\nos.chdir('" + folder.string() + "')\n" + lines});
}

} // namespace fixture
