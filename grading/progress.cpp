#include "grading/progress.h"

#include "grading/exporters/exporters.h"
#include "grading/files.h"
#include "grading/padded.h"
#include "grading/record.h"
#include "grading/rubric.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grading {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

// How many hints of each task were shown: {"4": 1}. A file that is damaged counts as none.
json shown_hints(const fs::path& file)
{
    try {
        json shown = json::parse(contents_of(file));
        return shown.is_object() ? shown : json::object();
    } catch (const std::exception&) {
        return json::object();
    }
}

std::size_t count_one_more(const fs::path& file, int task, std::size_t most)
{
    json shown = shown_hints(file);
    const std::string key = std::to_string(task);
    const json before = shown.value(key, json(0));
    const std::size_t count = before.is_number_unsigned() ? before.get<std::size_t>() : 0;
    shown[key] = std::min(count + 1, most);
    fs::create_directories(file.parent_path());
    harness::write_atomically(file, shown.dump() + "\n");
    return shown[key].get<std::size_t>();
}

std::optional<Record> last_record(const Layout& layout, const std::string& lab)
{
    const fs::path file = layout.record(lab);
    return fs::exists(file) ? std::optional(load_record(file)) : std::nullopt;
}

std::string no_hint_for_the_contract(const Record& record)
{
    std::string text = "What fails is of no task, but of the contract that every server keeps:\n";
    for (const TestResult& test : record.tests) {
        if (is_open(test)) {
            text +=
                "    make test LAB=" + short_name(record.lab) + " ONLY=" + test.report.test + "\n";
        }
    }
    return text;
}

std::string tasks_of(const Rubric& rubric)
{
    std::string list;
    for (const Task& task : rubric.tasks) {
        list += "\n  " + std::to_string(task.number) + "  " + task.title;
    }
    return list;
}

std::string hint_for(const Layout& layout, const std::string& lab, const Rubric& rubric, int number)
{
    const Task* const task = rubric.find_task(number);
    if (task == nullptr) {
        throw std::invalid_argument(std::to_string(number) + " is no task of lab " + lab +
                                    "; there are:" + tasks_of(rubric));
    }
    const std::size_t shown = count_one_more(layout.hints_shown(lab), number, task->hints.size());
    return "Lab " + short_name(lab) + ", task " + std::to_string(number) + ": " + task->title +
           "  (hint " + std::to_string(shown) + " of " + std::to_string(task->hints.size()) +
           ")\n\n" + wrapped(task->hints.at(shown - 1));
}

std::string bar(int score, int max_score)
{
    constexpr int width = 20;
    const int full = max_score > 0 ? score * width / max_score : 0;
    std::string text;
    for (int i = 0; i < width; ++i) {
        text += i < full ? "█" : "░";
    }
    return text;
}

// "2026-09-01T08:15:00Z" as people write it.
std::string date_and_time(const std::string& utc)
{
    return utc.size() < 16 ? "" : utc.substr(0, 10) + " " + utc.substr(11, 5) + " UTC";
}

std::string marks_of(const Record& record)
{
    const std::string state = record.outcome == Outcome::graded
                                  ? bar(record.score, record.max_score)
                                  : std::string(to_string(record.outcome));
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%4d of %-4d %s  %s", record.score, record.max_score,
                  state.c_str(), date_and_time(record.finished).c_str());
    return text.data();
}

std::string progress_line(const Layout& layout, const std::string& lab)
{
    const std::string name = padded(lab, 18);
    try {
        const auto record = last_record(layout, lab);
        if (record && record->outcome == Outcome::infrastructure_error) {
            return name +
                   "   no result, the last run did not end: make test LAB=" + short_name(lab) +
                   " again";
        }
        return name + (record ? marks_of(*record) : "   not tried yet");
    } catch (const std::runtime_error&) {
        return name + "   its record cannot be read: make test LAB=" + short_name(lab) + " again";
    }
}

} // namespace

std::string next_hint(const Layout& layout, const std::string& lab, std::optional<int> task)
{
    const Rubric rubric = load_rubric(layout.rubric(lab));
    if (task) {
        return hint_for(layout, lab, rubric, *task);
    }
    const auto record = last_record(layout, lab);
    if (!record || (record->tests.empty())) {
        throw std::invalid_argument("lab " + lab + " has no result yet: make test LAB=" +
                                    short_name(lab) + " first, or name a task");
    }
    const auto open = next_task(*record);
    if (!open) {
        return "Lab " + short_name(lab) + ": every test passes. There is nothing to hint at.\n";
    }
    return *open == 0 ? no_hint_for_the_contract(*record) : hint_for(layout, lab, rubric, *open);
}

std::string progress_table(const Layout& layout)
{
    std::string text;
    for (const std::string& lab : labs_in(layout)) {
        text += progress_line(layout, lab) + "\n";
    }
    return text;
}

} // namespace grading
