#include "grading/class/diff.h"

#include "grading/class/gradebook.h"
#include "grading/class/statistics.h"
#include "grading/identity.h"
#include "grading/record.h"

#include <optional>
#include <set>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

struct Side {
    fs::path out;
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
    Side side{file.parent_path(), {}};
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

std::optional<Record> record_of(const Side& side, const Mark& mark)
{
    try {
        return mark.record.empty() ? std::nullopt
                                   : std::optional(load_record(side.out / mark.record));
    } catch (const std::exception&) {
        return std::nullopt; // only the gradebook was kept: the marks can be compared still
    }
}

std::map<std::string, std::string> verdicts_of(const std::optional<Record>& record)
{
    std::map<std::string, std::string> verdicts;
    if (record) {
        for (const TestResult& test : record->tests) {
            verdicts[test.report.test] = to_string(test.report.verdict);
        }
    }
    return verdicts;
}

std::string changed_parts(const fs::path& before, const fs::path& after)
{
    const KeyParts old_key = parts_of(before.stem().string());
    const KeyParts new_key = parts_of(after.stem().string());
    std::string what;
    const auto add = [&](bool changed, const std::string& part) {
        what += changed ? (what.empty() ? "" : ", ") + part : "";
    };
    add(old_key.submission != new_key.submission, "code changed");
    add(old_key.suite != new_key.suite, "tests or rubric changed");
    add(old_key.toolchain != new_key.toolchain, "compiler or common code changed");
    return what;
}

// Of two marks that have a record each.
std::string why(const Mark& before, const Mark& after)
{
    if (before.record.empty() || after.record.empty()) {
        return before.outcome + " before, " + after.outcome + " now";
    }
    std::string what = changed_parts(before.record, after.record);
    if (!what.empty()) {
        return what;
    }
    if (before.score != after.score || before.inconclusive != after.inconclusive) {
        return "graded again, with another verdict";
    }
    return "policy: lateness, extra credit or cap";
}

std::string tests_that_differ(const Side& old_side, const Mark& before, const Side& new_side,
                              const Mark& after)
{
    const auto old_verdicts = verdicts_of(record_of(old_side, before));
    const auto new_verdicts = verdicts_of(record_of(new_side, after));
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

std::string shown(const Mark* mark)
{
    return mark == nullptr                           ? "nothing"
           : mark->outcome == "infrastructure_error" ? "open"
                                                     : marks_text(mark->mark);
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
    return line + why(*old_mark, *new_mark) + "\n" +
           tests_that_differ(before, *old_mark, after, *new_mark);
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
