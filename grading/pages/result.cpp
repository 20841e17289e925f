#include "grading/pages/result.h"

#include "grading/exporters/exporters.h"
#include "grading/layout.h"
#include "grading/pages/html.h"
#include "grading/pages/plots.h"
#include "grading/spoken.h"

#include <algorithm>
#include <map>
#include <set>

namespace grading {

namespace {

using harness::Verdict;

constexpr std::size_t most_text = 4'096;

bool has_report(const TestResult& test)
{
    const Verdict verdict = test.report.verdict;
    return verdict == Verdict::fail || verdict == Verdict::unstable ||
           verdict == Verdict::inconclusive;
}

std::size_t count_of(const Record& record, Verdict verdict)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        record.tests, [&](const TestResult& test) { return test.report.verdict == verdict; }));
}

std::string capital(std::string_view name)
{
    std::string word = spoken(name);
    word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
    return word;
}

// -- the verdict ----------------------------------------------------------------------------------
std::string score_of(const StudentView& view)
{
    const Record& record = view.record;
    if (record.outcome == Outcome::infrastructure_error) {
        return "<p class=\"score\">— <small>no score</small></p>\n";
    }
    return "<p class=\"score\">" + std::to_string(record.score) + " <small>of " +
           std::to_string(record.max_score) + " points</small></p>\n";
}

std::string counts_of(const Record& record)
{
    std::string text;
    for (const Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::unstable,
                                  Verdict::inconclusive, Verdict::skipped, Verdict::not_run}) {
        if (const std::size_t count = count_of(record, verdict); count > 0) {
            const html::Look look = html::look_of(verdict);
            text += (text.empty() ? "" : ", ") + std::string("<span class=\"") +
                    std::string(look.style) + "\"><span aria-hidden=\"true\">" +
                    std::string(look.symbol) + "</span> " + std::to_string(count) + " " +
                    std::string(look.word) + "</span>";
        }
    }
    return text;
}

// Why there are no marks, or not all of them; nothing when it is simply graded.
std::string outcome_of(const Record& record)
{
    const bool plain = record.outcome == Outcome::graded && record.complete;
    if (plain && record.sentence.empty()) {
        return "";
    }
    const std::string word =
        record.outcome == Outcome::graded
            ? (record.complete ? "Graded" : "Not finished: not every test has run")
            : capital(to_string(record.outcome));
    return "<div class=\"note looks\"><p class=\"label\">" + word + "</p><p>" +
           html::text(record.sentence, most_text) + "</p></div>\n";
}

std::string tier_of(const Record& record)
{
    const std::string tier = "Sandbox tier " + html::line(record.tier, 20);
    return "<p class=\"quiet\">" + tier +
           (record.tier == "D"
                ? ": none. Good for checking your own work, not for an official mark."
                : ".") +
           "</p>\n";
}

std::string verdict_of(const StudentView& view, const std::string& remark)
{
    const Record& record = view.record;
    const bool graded = record.outcome == Outcome::graded;
    std::string says =
        "<div class=\"says\"><p>" + (graded ? counts_of(record) : "") + "</p>\n" + remark;
    if (view.withheld) {
        says +=
            "<p class=\"quiet\">These are the tests that are shown here; others count too.</p>\n";
    }
    std::string text = "<div class=\"card verdict\">\n" + score_of(view) + says + "</div>\n";
    if (graded && record.max_score > 0) {
        text += html::bar({{static_cast<double>(record.score), "good"}}, record.max_score,
                          std::to_string(record.score) + " of " + std::to_string(record.max_score) +
                              " points");
    }
    return text + "</div>\n" + outcome_of(record);
}

std::string looks_like(const Record& record)
{
    return record.chaff ? "<div class=\"note looks\"><p class=\"label\">What it looks like</p><p>" +
                              html::text(record.chaff->sentence, most_text) + "</p></div>\n"
                        : "";
}

std::string next_step(const Record& record)
{
    const std::string command = next_command(record);
    return command.empty() ? ""
                           : "<div class=\"note next\"><p class=\"label\">Next</p><p><code>" +
                                 html::line(command) + "</code></p></div>\n";
}

std::string compiler_output(const Record& record, int level)
{
    return record.compiler_output.empty()
               ? ""
               : html::heading(level, "", "What the compiler said") +
                     html::preformatted("What the compiler said", record.compiler_output);
}

// -- marks by task, and hints ---------------------------------------------------------------------
struct TaskMarks {
    std::size_t passed = 0;
    std::size_t tests = 0;
    int points = 0;
    int max_points = 0;
    bool open = false;
};

std::map<int, TaskMarks> marks_by_task(const Record& record)
{
    std::map<int, TaskMarks> marks;
    for (const TestResult& test : record.tests) {
        TaskMarks& task = marks[test.task];
        ++task.tests;
        task.passed += test.report.verdict == Verdict::pass ? 1 : 0;
        task.points += test.points;
        task.max_points += counts_not(test.report.verdict) ? 0 : test.max_points;
        task.open = task.open || is_open(test);
    }
    return marks;
}

std::string title_of(int number, const Rubric* rubric)
{
    if (number == 0) {
        return "the contract of every server";
    }
    const Task* const task = rubric == nullptr ? nullptr : rubric->find_task(number);
    return task == nullptr ? "" : html::line(task->title);
}

std::string task_row(int number, const TaskMarks& marks, const Rubric* rubric)
{
    const auto points = std::to_string(marks.points) + " of " + std::to_string(marks.max_points);
    const html::Look look = marks.passed == marks.tests ? html::look_of(Verdict::pass)
                            : marks.open                ? html::Look{"✗", "open", "bad"}
                                                        : html::look_of(Verdict::inconclusive);
    return "<tr><td class=\"number\">" + (number == 0 ? "–" : std::to_string(number)) +
           "</td><th scope=\"row\">" + title_of(number, rubric) + "</th><td>" + html::chip(look) +
           "</td><td class=\"number\">" + std::to_string(marks.passed) + " of " +
           std::to_string(marks.tests) + "</td><td class=\"number\">" + points + "</td></tr>\n";
}

std::string task_table(const Record& record, const Rubric* rubric, int level)
{
    std::string rows;
    for (const auto& [number, marks] : marks_by_task(record)) {
        rows += task_row(number, marks, rubric);
    }
    return html::heading(level, "", "Marks by task") +
           html::scrolling(
               "Marks by task",
               "<table><thead><tr><th scope=\"col\" class=\"number\">Task</th>"
               "<th scope=\"col\">What it is about</th><th scope=\"col\">State</th>"
               "<th scope=\"col\" class=\"number\">Tests</th>"
               "<th scope=\"col\" class=\"number\">Points</th></tr></thead>\n<tbody>\n" +
                   rows + "</tbody></table>\n");
}

// Each of them inside the one before: who opens the first has not seen the last.
std::string hints_of(const Task& task)
{
    std::string inner;
    for (std::size_t i = task.hints.size(); i-- > 0;) {
        const std::string label = i == 0                       ? "A hint"
                                  : i + 1 == task.hints.size() ? "Nearly the answer"
                                                               : "A franker hint";
        inner =
            html::folded(label, "<p>" + html::text(task.hints.at(i), most_text) + "</p>\n" + inner);
    }
    return inner;
}

std::string hints(const Record& record, const Rubric* rubric, int level)
{
    std::string items;
    for (const auto& [number, marks] : marks_by_task(record)) {
        const Task* const task = rubric == nullptr ? nullptr : rubric->find_task(number);
        if (marks.open && task != nullptr) {
            items +=
                html::heading(level + 1, "",
                              "Task " + std::to_string(number) + ": " + html::line(task->title)) +
                hints_of(*task);
        }
    }
    return items.empty() ? ""
                         : html::heading(level, "", "Hints") + "<section class=\"hints\">\n" +
                               items + "</section>\n";
}

// -- the tests ------------------------------------------------------------------------------------
// Of those that fail in the same way for the same reason only the first is unfolded: an unwritten
// step fails thirty tests, and thirty reports would teach no more than one.
std::string reports(const Record& record, int level)
{
    std::string text;
    std::set<std::string> told;
    for (const TestResult& test : record.tests) {
        if (!has_report(test)) {
            continue;
        }
        const auto& failure = test.report.failure;
        const bool known = failure && !failure->cause.empty() &&
                           !told.insert(failure->got + '\n' + failure->cause).second;
        const std::string article = test_article(test, level + 1);
        const std::string title = test.title.empty() ? test.report.test : test.title;
        text += known
                    ? html::folded(html::chip(html::look_of(test.report.verdict)) + " " +
                                       html::line(title) +
                                       " <span class=\"quiet\">for the same reason as above</span>",
                                   article)
                    : article;
    }
    return text.empty() ? "" : html::heading(level, "", "What did not pass") + text;
}

std::string test_row(const TestResult& test)
{
    const auto& failure = test.report.failure;
    const bool passed = test.report.verdict == Verdict::pass;
    const std::string title = test.title.empty() ? test.report.test : test.title;
    const std::string last = passed    ? html::seconds(test.report.seconds)
                             : failure ? html::line(failure->got, 400)
                                       : "";
    return "<tr><td>" + html::chip(html::look_of(test.report.verdict)) +
           "</td><th scope=\"row\" class=\"title\">" + html::line(title) + "<code class=\"sub\">" +
           html::line(test.report.test) + "</code></th><td class=\"number\">" +
           std::to_string(test.points) + "/" + std::to_string(test.max_points) + "</td><td" +
           (passed ? " class=\"number\">" : ">") + last + "</td></tr>\n";
}

std::string table_of(const Record& record, const std::set<Verdict>& verdicts,
                     const std::string& summary, const std::string& last_column)
{
    std::string rows;
    std::size_t count = 0;
    for (const TestResult& test : record.tests) {
        if (verdicts.contains(test.report.verdict)) {
            rows += test_row(test);
            ++count;
        }
    }
    const std::string table =
        "<table><thead><tr><th scope=\"col\">State</th><th scope=\"col\">Test</th>"
        "<th scope=\"col\" class=\"number\">Points</th><th scope=\"col\">" +
        last_column + "</th></tr></thead>\n<tbody>\n" + rows + "</tbody></table>\n";
    return rows.empty()
               ? ""
               : "<details class=\"card\"><summary>" + html::counted(count, "test") + " " +
                     summary + "</summary>\n" + html::scrolling(summary, table) + "</details>\n";
}

} // namespace

std::string result_of(const StudentView& view, const Rubric* rubric, const Place& place)
{
    const Record& record = view.record;
    std::string text = verdict_of(view, place.remark);
    if (record.outcome != Outcome::graded) {
        return text + compiler_output(record, place.level) + tier_of(record);
    }
    text += looks_like(record) + next_step(record);
    text += reports(record, place.level);
    text += hints(record, rubric, place.level);
    text +=
        table_of(record, {Verdict::skipped}, "skipped: this machine lacks what they need", "Why");
    text += table_of(record, {Verdict::not_run}, "not run", "Why");
    text += table_of(record, {Verdict::pass}, "passed", "Time");
    return text + task_table(record, rubric, place.level) + tier_of(record);
}

} // namespace grading
