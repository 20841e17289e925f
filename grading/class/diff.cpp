#include "grading/class/diff.h"

#include "grading/class/gradebook.h"
#include "grading/decimal.h"
#include "grading/identity.h"
#include "grading/record.h"

#include <optional>
#include <set>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

struct Side {
    fs::path gradebook;
    std::map<std::string, Student> students;
};

Side load(const fs::path& given)
{
    std::error_code error;
    const bool folder = fs::is_directory(given, error);
    const fs::path file = folder ? given / "gradebook.json" : given;
    if (!fs::exists(file, error)) {
        throw std::invalid_argument(file.string() +
                                    " is not there; --diff takes two OUT folders of grade-class");
    }
    Side side{file, {}};
    for (Student& student : load_gradebook(file).students) {
        const std::string id = student.id;
        side.students.emplace(id, std::move(student));
    }
    return side;
}

const Mark* mark_in(const Side& side, const std::string& student, const std::string& lab)
{
    const auto who = side.students.find(student);
    if (who == side.students.end()) {
        return nullptr;
    }
    const auto mark = who->second.marks.find(lab);
    return mark == who->second.marks.end() ? nullptr : &mark->second;
}

using Verdicts = std::map<std::string, std::string>; // by test

// Empty for a mark without a record. Throws std::exception for a record that cannot be read.
Verdicts verdicts_of(const Side& side, const Mark& mark)
{
    Verdicts verdicts;
    if (!mark.record.empty()) {
        for (const TestResult& test :
             load_record(side.gradebook.parent_path() / mark.record).tests) {
            verdicts[test.report.test] = to_string(test.report.verdict);
        }
    }
    return verdicts;
}

KeyParts key_of(const Side& side, const Mark& mark)
{
    try {
        return parts_of(mark.record.stem().string());
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument("--diff: " + side.gradebook.string() + ": " + error.what());
    }
}

std::string changed_parts(const KeyParts& old_key, const KeyParts& new_key,
                          const std::string& another_attempt)
{
    std::string what;
    const auto add = [&](bool changed, const std::string& part) {
        what += changed ? (what.empty() ? "" : ", ") + part : "";
    };
    add(old_key.submission != new_key.submission,
        another_attempt.empty() ? "code changed" : another_attempt);
    add(old_key.suite != new_key.suite, "tests or rubric changed");
    add(old_key.toolchain != new_key.toolchain, "compiler or common code changed");
    return what;
}

// Attempts are counted by time: one that is no newer than those of before was there then.
std::string another_attempt(const Mark& before, const Mark& after)
{
    return after.attempt == before.attempt || after.attempt > before.attempts
               ? ""
               : "attempt " + std::to_string(after.attempt) + " of " +
                     std::to_string(after.attempts) + " counts, where attempt " +
                     std::to_string(before.attempt) + " did";
}

// Of two marks that have a record each.
std::string why(const Side& old_side, const Mark& before, const Side& new_side, const Mark& after)
{
    if (before.record.empty() || after.record.empty()) {
        return before.outcome + " before, " + after.outcome + " now";
    }
    std::string what = changed_parts(key_of(old_side, before), key_of(new_side, after),
                                     another_attempt(before, after));
    if (!what.empty()) {
        return what;
    }
    if (before.score != after.score || before.inconclusive != after.inconclusive) {
        return "graded again, with another verdict";
    }
    return "policy: lateness, extra credit or cap";
}

std::string tests_that_differ(const Verdicts& old_verdicts, const Verdicts& new_verdicts)
{
    std::string text;
    for (const auto& [test, verdict] : new_verdicts) {
        const auto old = old_verdicts.find(test);
        const std::string was = old == old_verdicts.end() ? "none" : old->second;
        if (was != verdict) {
            text += "    " + test + ": " + was + " → " + verdict + "\n";
        }
    }
    for (const auto& [test, verdict] : old_verdicts) {
        if (!new_verdicts.contains(test)) {
            text += "    " + test + ": " + verdict + " → none\n";
        }
    }
    return text;
}

// Where only the gradebooks were kept, the marks can be compared still.
std::string tests_of(const Side& old_side, const Mark& before, const Side& new_side,
                     const Mark& after)
{
    try {
        return tests_that_differ(verdicts_of(old_side, before), verdicts_of(new_side, after));
    } catch (const std::exception& error) {
        return "    which tests cannot be told: " + std::string(error.what()) + "\n";
    }
}

std::string shown(const Mark* mark)
{
    return mark == nullptr ? "nothing" : mark->is_open() ? "open" : decimal(mark->mark);
}

std::string difference(const Side& before, const Side& after, const std::string& student,
                       const std::string& lab)
{
    const Mark* const old_mark = mark_in(before, student, lab);
    const Mark* const new_mark = mark_in(after, student, lab);
    const std::string old_text = shown(old_mark);
    const std::string new_text = shown(new_mark);
    if (old_text == new_text) {
        return "";
    }
    std::string line = student + "  " + lab + "  " + old_text + " → " + new_text + "  ";
    if (old_mark == nullptr || new_mark == nullptr) {
        return line + (old_mark == nullptr ? "handed in since" : "no longer handed in") + "\n";
    }
    return line + why(before, *old_mark, after, *new_mark) + "\n" +
           tests_of(before, *old_mark, after, *new_mark);
}

std::set<std::string> labs_of(const Side& side, const std::string& student)
{
    std::set<std::string> labs;
    if (const auto who = side.students.find(student); who != side.students.end()) {
        for (const auto& [lab, mark] : who->second.marks) {
            labs.insert(lab);
        }
    }
    return labs;
}

} // namespace

std::string differences(const fs::path& before, const fs::path& after)
{
    const Side old_side = load(before);
    const Side new_side = load(after);
    std::set<std::string> students;
    for (const Side* const side : {&old_side, &new_side}) {
        for (const auto& [id, student] : side->students) {
            students.insert(id);
        }
    }
    std::string text;
    std::size_t count = 0;
    for (const std::string& student : students) {
        std::set<std::string> labs = labs_of(old_side, student);
        labs.merge(labs_of(new_side, student));
        for (const std::string& lab : labs) {
            const std::string line = difference(old_side, new_side, student, lab);
            count += line.empty() ? 0 : 1;
            text += line;
        }
    }
    return text + std::to_string(count) + (count == 1 ? " mark differs\n" : " marks differ\n");
}

} // namespace grading
