#include "grading/pages/class_page.h"

#include "grading/decimal.h"
#include "grading/exporters/exporters.h"
#include "grading/layout.h"
#include "grading/pages/html.h"
#include "grading/pages/pages.h"
#include "grading/pages/plots.h"
#include "grading/spoken.h"

#include <algorithm>
#include <cmath>

namespace grading {

namespace {

using harness::Verdict;

std::string link_to(const Name& name)
{
    return "<a href=\"students/" + page_name(name.id) + "\">" + html::name(name.shown) + "</a>";
}

std::string anchor(std::size_t lab, const std::string& what)
{
    return "lab" + std::to_string(lab + 1) + "-" + what;
}

// -- the whole class ------------------------------------------------------------------------------
std::string fact(const std::string& number, const std::string& what)
{
    return "<li><b>" + number + "</b> " + what + "</li>\n";
}

std::string facts_of(const ClassView& view)
{
    return "<ul class=\"facts\">\n" + fact(std::to_string(view.names.size()), "students") +
           fact(std::to_string(view.labs.size()), view.labs.size() == 1 ? "lab" : "labs") +
           fact(std::to_string(view.marks), "marks") +
           fact(std::to_string(view.doubts), "to look at") + "</ul>\n";
}

std::string contents_of(const ClassView& view)
{
    std::string items = "<li><a href=\"#look\">To look at</a></li>\n";
    for (std::size_t i = 0; i < view.labs.size(); ++i) {
        items += "<li><a href=\"#" + anchor(i, "top") + "\">Lab " +
                 html::line(short_name(view.labs[i].name)) + "</a></li>\n";
    }
    return "<nav aria-label=\"On this page\"><ul>\n" + items +
           "<li><a href=\"#students\">Students</a></li>\n</ul></nav>\n";
}

void write_doubts(std::ostream& page, const ClassView& view)
{
    page << html::heading(2, "look", "To look at");
    if (view.doubts == 0) {
        page << "<p>Nothing: each submission was graded, each test came to a verdict.</p>\n";
        return;
    }
    constexpr std::size_t many = 12;
    page << "<details class=\"card\"" << (view.doubts <= many ? " open" : "") << "><summary>"
         << html::counted(view.doubts, "mark")
         << " to look at before they are given out</summary>\n"
         << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"To look at\">\n"
            "<table><thead><tr><th scope=\"col\">Student</th><th scope=\"col\">Lab</th>"
            "<th scope=\"col\">What</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n";
    view.walk([&](StudentIndex student, const Student&, const std::vector<Doubt>& doubts) {
        for (const Doubt& doubt : doubts) {
            page << "<tr><th scope=\"row\">" << link_to(view.names[student]) << "</th><td>"
                 << html::line(short_name(doubt.lab)) << "</td><td>"
                 << html::chip({"!", html::line(doubt.what), "odd"})
                 << "</td><td class=\"sentence\">" << html::line(doubt.why, 240) << "</td></tr>\n";
        }
    });
    page << "</tbody></table>\n</div>\n</details>\n";
}

// -- one lab --------------------------------------------------------------------------------------
std::string range_of(std::size_t bin, int max_score)
{
    const auto edge = [&](std::size_t at) {
        return decimal(static_cast<double>(at) * max_score / LabTally::bins);
    };
    const bool last = bin + 1 == LabTally::bins;
    return last ? edge(bin) + " and more" : edge(bin) + " to under " + edge(bin + 1);
}

void write_distribution(std::ostream& page, const ClassView& view, const LabTally& tally,
                        std::size_t number)
{
    const LabOfClass& lab = view.labs[number];
    std::vector<html::Column> columns;
    for (std::size_t bin = 0; bin < LabTally::bins; ++bin) {
        const std::size_t count = tally.by_mark.at(bin).size();
        const double edge = static_cast<double>(bin) * lab.max_score / LabTally::bins;
        columns.push_back({count, decimal(std::ceil(edge)) + "+",
                           range_of(bin, lab.max_score) + ": " + html::counted(count, "student"),
                           "#" + anchor(number, "marks" + std::to_string(bin))});
    }
    page << html::heading(3, "", "Marks") << "<figure>\n"
         << html::histogram(columns, "How many students have how many marks",
                            lab.max_score > 0 ? tally.marks.mean() / lab.max_score : -1)
         << "<figcaption>Students by marks out of " << lab.max_score << ". Mean "
         << decimal(tally.marks.mean()) << " (dashed), median " << decimal(tally.marks.median())
         << ".</figcaption>\n</figure>\n";
    page << "<details class=\"card\"><summary>Who has how many marks</summary>\n";
    for (std::size_t bin = 0; bin < LabTally::bins; ++bin) {
        const auto& students = tally.by_mark.at(bin);
        if (students.empty()) {
            continue;
        }
        page << html::heading(4, anchor(number, "marks" + std::to_string(bin)),
                              range_of(bin, lab.max_score))
             << "<ul class=\"names\">\n";
        for (const StudentIndex student : students) {
            page << "<li>" << link_to(view.names[student]) << "</li>\n";
        }
        page << "</ul>\n";
    }
    page << "</details>\n";
}

std::string tries_of(const LabTally& tally)
{
    if (tally.outcomes.empty()) {
        return "<p>Nobody has handed in anything.</p>\n";
    }
    std::string text = "<p>";
    for (const auto& [outcome, count] : tally.outcomes) {
        text += std::to_string(count) + " " + html::line(spoken(outcome)) + ", ";
    }
    text += std::to_string(tally.missing) + " handed in nothing. ";
    if (tally.late > 0) {
        text += std::to_string(tally.late) + " late, by " +
                decimal(tally.late_days / static_cast<double>(tally.late)) +
                " days on average; marks were taken off " + std::to_string(tally.penalised) + ". ";
    }
    std::string tries;
    for (const auto& [times, count] : tally.attempts) {
        tries += (tries.empty() ? "" : ", ") + std::to_string(count) + " × " +
                 html::counted(static_cast<std::size_t>(times), "attempt");
    }
    return text + (tally.attempts.size() > 1 ? tries + ". " : "") + "One submission took " +
           html::seconds(tally.times.quantile(0.5)) + " to grade (median), the slowest twentieth " +
           html::seconds(tally.times.quantile(0.95)) + " or more.</p>\n";
}

std::string share_bar(const TestTally& test)
{
    const auto count = [&](Verdict verdict) { return static_cast<double>(test.count(verdict)); };
    const double all =
        static_cast<double>(test.judged()) + count(Verdict::inconclusive) + count(Verdict::skipped);
    return html::bar({{count(Verdict::pass), "good"},
                      {count(Verdict::fail) + count(Verdict::unstable), "bad"},
                      {count(Verdict::not_run), "none"},
                      {count(Verdict::inconclusive) + count(Verdict::skipped), "odd"}},
                     all,
                     std::to_string(test.count(Verdict::pass)) + " of " +
                         std::to_string(test.judged()) + " passed");
}

std::string others_of(const TestTally& test)
{
    std::string text;
    for (const Verdict verdict :
         {Verdict::unstable, Verdict::not_run, Verdict::inconclusive, Verdict::skipped}) {
        if (const std::size_t count = test.count(verdict); count > 0) {
            text += (text.empty() ? "" : ", ") + std::to_string(count) + " " +
                    std::string(html::look_of(verdict).word);
        }
    }
    return text;
}

std::string test_row(const std::string& name, const TestTally& test, double longest)
{
    const double half = test.times.quantile(0.5);
    const double most = test.times.quantile(0.95);
    const std::string others = others_of(test);
    const double mean = test.judged() == 0
                            ? 0
                            : static_cast<double>(test.points) / static_cast<double>(test.judged());
    return "<tr><td class=\"number\">" + (test.task == 0 ? "–" : std::to_string(test.task)) +
           "</td><th scope=\"row\" class=\"title\">" + html::line(test.title) +
           "<code class=\"sub\">" + html::line(name) + "</code></th><td class=\"number\">" +
           std::to_string(test.count(Verdict::pass)) + " of " + std::to_string(test.judged()) +
           "</td><td>" + share_bar(test) +
           (others.empty() ? "" : "<span class=\"sub\">" + others + "</span>") +
           "</td><td class=\"number\">" + decimal(mean) + " of " + std::to_string(test.max_points) +
           "</td><td class=\"number\">" + html::seconds(half) + "</td><td>" +
           html::bar({{half, "good"}, {most - half, "none"}}, longest,
                     "half within " + html::seconds(half) + ", 19 of 20 within " +
                         html::seconds(most)) +
           "<span class=\"sub\">95 % in " + html::seconds(most) + "</span></td></tr>\n";
}

void write_tests(std::ostream& page, const LabTally& tally)
{
    if (tally.order.empty()) {
        return;
    }
    double longest = 0;
    for (const auto& [name, test] : tally.tests) {
        longest = std::max(longest, test.times.quantile(0.95));
    }
    page << html::heading(3, "", "Tests")
         << "<p class=\"quiet\">Bars: <span class=\"good\">passed</span>, <span "
            "class=\"bad\">failed "
            "or unstable</span>, not run, <span class=\"odd\">no verdict</span>, in this "
            "order.</p>\n"
         << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
            "aria-label=\"Tests\">\n<table><thead>"
            "<tr><th scope=\"col\" class=\"number\">Task</th><th scope=\"col\">Test</th>"
            "<th scope=\"col\" class=\"number\">Passed</th><th scope=\"col\">Of all</th>"
            "<th scope=\"col\" class=\"number\">Mean points</th>"
            "<th scope=\"col\" class=\"number\">Median time</th><th scope=\"col\">Times</th></tr>"
            "</thead>\n<tbody>\n";
    for (const std::string& name : tally.order) {
        page << test_row(name, tally.tests.at(name), longest);
    }
    page << "</tbody></table>\n</div>\n";
}

void write_bug(std::ostream& page, const ClassView& view, const std::string& name,
               const BugTally& bug)
{
    constexpr std::size_t few = 6;
    const bool all_at_once = bug.students.size() <= few;
    page << "<tr><td class=\"number\">" << bug.students.size()
         << "</td><th scope=\"row\" class=\"sentence\">" << html::text(bug.sentence, 1'000)
         << "<code class=\"sub\">" << html::line(name) << "</code></th><td class=\"who\">"
         << (all_at_once ? "" : "<details><summary>all of them</summary>");
    for (const StudentIndex student : bug.students) {
        page << link_to(view.names[student]) << (student == bug.students.back() ? "" : ", ");
    }
    page << (all_at_once ? "" : "</details>") << "</td></tr>\n";
}

void write_bugs(std::ostream& page, const ClassView& view, const LabTally& tally)
{
    page << html::heading(3, "", "Bugs that the class has");
    if (tally.bugs.empty()) {
        page << "<p>No submission fails as a known wrong server does.</p>\n";
        return;
    }
    std::vector<const std::pair<const std::string, BugTally>*> bugs;
    for (const auto& bug : tally.bugs) {
        bugs.push_back(&bug);
    }
    std::ranges::stable_sort(bugs, std::ranges::greater{},
                             [](const auto* bug) { return bug->second.students.size(); });
    page << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
            "aria-label=\"Bugs\">\n<table><thead>"
            "<tr><th scope=\"col\" class=\"number\">How many</th><th scope=\"col\">What it is</th>"
            "<th scope=\"col\">Who</th></tr></thead>\n<tbody>\n";
    for (const auto* bug : bugs) {
        write_bug(page, view, bug->first, bug->second);
    }
    page << "</tbody></table>\n</div>\n";
}

// -- the students ---------------------------------------------------------------------------------
std::string how_of(const Mark& mark)
{
    std::string how;
    const auto add = [&](const std::string& words) { how += (how.empty() ? "" : ", ") + words; };
    if (mark.outcome != to_string(Outcome::graded)) {
        add(html::line(spoken(mark.outcome)));
    }
    if (mark.late_days > 0) {
        add("late " + decimal(mark.late_days) + " d");
    }
    if (mark.penalty > 0) {
        add("−" + decimal(mark.penalty));
    }
    if (mark.extra > 0) {
        add("+" + decimal(mark.extra));
    }
    if (mark.attempts > 1) {
        add("attempt " + std::to_string(mark.attempt) + " of " + std::to_string(mark.attempts));
    }
    return how.empty() ? "" : "<span class=\"sub\">" + how + "</span>";
}

std::string student_row(const ClassView& view, StudentIndex index, const Student& student)
{
    std::string row = "<tr><th scope=\"row\">" + link_to(view.names[index]) +
                      "<span class=\"sub\">" + html::line(student.id, 60) + "</span></th>";
    double sum = 0;
    bool open = false; // some of them: nobody's marks are summed up as if that were nought
    for (const LabOfClass& lab : view.labs) {
        const auto found = student.marks.find(lab.name);
        if (found == student.marks.end()) {
            row += "<td class=\"number quiet\">–</td>";
            continue;
        }
        const Mark& mark = found->second;
        row += "<td class=\"number\">" + (mark.is_open() ? "?" : decimal(mark.mark)) +
               how_of(mark) + "</td>";
        sum += mark.is_open() ? 0 : mark.mark;
        open = open || mark.is_open();
    }
    return row + "<td class=\"number\"><b>" + decimal(sum) + (open ? " + ?" : "") +
           "</b></td></tr>\n";
}

void write_students(std::ostream& page, const ClassView& view)
{
    page << html::heading(2, "students", "Students")
         << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Students\">\n"
            "<table><thead><tr><th scope=\"col\">Student</th>";
    int most = 0;
    for (const LabOfClass& lab : view.labs) {
        page << "<th scope=\"col\" class=\"number\">Lab " << html::line(short_name(lab.name))
             << "<span class=\"sub\">of " << lab.max_score << "</span></th>";
        most += lab.max_score;
    }
    page << "<th scope=\"col\" class=\"number\">Sum<span class=\"sub\">of " << most
         << "</span></th></tr></thead>\n<tbody>\n";
    view.walk([&](StudentIndex index, const Student& student, const std::vector<Doubt>&) {
        page << student_row(view, index, student);
    });
    page << "</tbody></table>\n</div>\n";
}

} // namespace

void write_class_page(std::ostream& page, const ClassView& view)
{
    page << html::page_start("Results of the class")
         << "<div class=\"wide\">\n<header class=\"top\"><p class=\"over\">Server-architecture "
            "labs</p>\n"
            "<h1>Results of the class</h1>\n"
         << facts_of(view) << contents_of(view) << "</header>\n<main>\n";
    write_doubts(page, view);
    for (std::size_t i = 0; i < view.labs.size(); ++i) {
        const LabOfClass& lab = view.labs[i];
        const LabTally& tally = view.tallies.at(lab.name);
        page << html::heading(2, anchor(i, "top"),
                              "Lab " + html::line(short_name(lab.name)) + ": " +
                                  html::line(lab.title))
             << tries_of(tally);
        if (tally.outcomes.empty()) {
            continue;
        }
        if (!tally.marks.empty()) {
            write_distribution(page, view, tally, i);
        }
        write_bugs(page, view, tally);
        write_tests(page, tally);
    }
    write_students(page, view);
    page << "</main>\n</div>\n" << html::page_end();
}

} // namespace grading
