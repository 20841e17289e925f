#include "grading/pages/pages.h"

#include "common/joined.h"
#include "grading/decimal.h"
#include "grading/exporters/exporters.h"
#include "grading/layout.h"
#include "grading/pages/class_page.h"
#include "grading/pages/html.h"
#include "grading/pages/result.h"
#include "grading/spoken.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

std::string page_name(const std::string& id)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_@";
    constexpr std::size_t most = 150;
    std::string name;
    for (const char c : id) {
        std::array<char, 4> escape{};
        std::snprintf(escape.data(), escape.size(), "~%02x", static_cast<unsigned char>(c));
        const bool inner_dot = c == '.' && !name.empty();
        name += plain.find(c) != std::string_view::npos || inner_dot ? std::string(1, c)
                                                                     : escape.data();
    }
    if (name.size() > most || name.empty()) { // "~~" comes of no shorter id
        std::array<char, 24> number{};
        std::snprintf(number.data(), number.size(), "~~%016zx", std::hash<std::string>{}(id));
        name = name.substr(0, most) + number.data();
    }
    return name + ".html";
}

namespace {

// The pages of one class. Its students are walked by, one after the other: once for the pages of
// their own, and then for each table that has them all.
class ClassPages {
public:
    ClassPages(fs::path out, PagesOptions options)
        : out_(std::move(out)), options_(std::move(options))
    {
        view_.labs = read_gradebook(book(), [](const Student&) {});
        view_.walk = [this](const ClassView::Visit& visit) { walk(visit); };
        for (const LabOfClass& lab : view_.labs) {
            view_.tallies[lab.name];
            if (const fs::path file = options_.layout.rubric(lab.name); fs::exists(file)) {
                rubrics_[lab.name] = load_rubric(file);
            }
        }
    }

    void write()
    {
        fs::create_directories(out_ / "students");
        read_gradebook(book(), [this](const Student& student) { write_student(student); });
        remove_pages_of_others();
        write_index();
    }

private:
    [[nodiscard]] fs::path book() const { return out_ / "gradebook.json"; }
    void walk(const ClassView::Visit& visit) const;
    void write_student(const Student& student);
    void remove_pages_of_others();
    std::string section(const Student& student, const LabOfClass& lab, std::size_t number);
    std::optional<Record> record_of(const LabOfClass& lab, const Mark& mark);
    [[nodiscard]] StudentIndex index() const // of whose page is being made
    {
        return static_cast<StudentIndex>(view_.names.size() - 1);
    }
    void write_index();

    fs::path out_;
    PagesOptions options_;
    std::map<std::string, Rubric> rubrics_;
    ClassView view_;
    std::map<StudentIndex, std::vector<Doubt>> unreadable_; // records
};

std::optional<Doubt> doubt_of(const std::string& lab, const Mark& mark)
{
    if (mark.outcome != to_string(Outcome::graded)) {
        return Doubt{lab, spoken(mark.outcome), mark.sentence};
    }
    if (mark.inconclusive.empty()) {
        return std::nullopt;
    }
    return Doubt{lab, "no certain verdict", lab::joined(mark.inconclusive, ", ")};
}

void ClassPages::walk(const ClassView::Visit& visit) const
{
    StudentIndex next = 0;
    read_gradebook(book(), [&](const Student& student) {
        std::vector<Doubt> doubts;
        for (const auto& [lab, mark] : student.marks) {
            if (const auto doubt = doubt_of(lab, mark); doubt && view_.tallies.contains(lab)) {
                doubts.push_back(*doubt);
            }
        }
        if (const auto found = unreadable_.find(next); found != unreadable_.end()) {
            std::ranges::copy(found->second, std::back_inserter(doubts));
        }
        visit(next++, student, doubts);
    });
}

// A record's path comes from the gradebook, a file that anybody may have edited: it stays in OUT.
std::optional<Record> ClassPages::record_of(const LabOfClass& lab, const Mark& mark)
{
    if (mark.record.empty()) {
        return std::nullopt;
    }
    try {
        const fs::path inside = mark.record.lexically_normal();
        if (inside.is_absolute() || inside.string().starts_with("..")) {
            throw std::runtime_error(mark.record.string() + " is not in the folder of results");
        }
        return load_record(out_ / inside);
    } catch (const std::exception& error) {
        unreadable_[index()].push_back({lab.name, "record not readable", error.what()});
        ++view_.doubts;
        return std::nullopt;
    }
}

// How the mark came about, as far as it is no more than the tests shown and the calendar.
std::string remark_on(const Mark& mark, bool withheld)
{
    std::string text;
    const auto add = [&](const std::string& words) { text += (text.empty() ? "" : " · ") + words; };
    if (mark.attempts > 1) {
        add("attempt " + std::to_string(mark.attempt) + " of " + std::to_string(mark.attempts));
    }
    if (mark.late_days > 0) {
        add(decimal(mark.late_days) + " days late");
    }
    if (mark.penalty > 0) {
        add(decimal(mark.penalty) + " taken off");
    }
    if (mark.extra > 0) {
        add(decimal(mark.extra) + " extra");
    }
    if (!withheld && !mark.is_open() && mark.mark != mark.score) {
        add("<b>mark " + decimal(mark.mark) + "</b>");
    }
    return text.empty() ? "" : "<p>" + text + "</p>\n";
}

// For a student what counts is how to repeat it at home, not where it was graded.
void repeat_at_home(Record& record)
{
    for (TestResult& test : record.tests) {
        if (!test.report.reproduce.empty()) {
            test.report.reproduce =
                "make test LAB=" + short_name(record.lab) + " ONLY=" + test.report.test;
        }
    }
}

// What could not be graded says why, and what to do. What the grader itself could not do is still
// to be graded, and its reasons are the instructor's.
std::string why_no_report(const Mark& mark)
{
    if (!mark.record.empty() || mark.is_open() || mark.sentence.empty()) {
        return "<p>There is no report on this submission yet.</p>\n";
    }
    return "<div class=\"note looks\"><p class=\"label\">" + html::line(spoken(mark.outcome)) +
           "</p><p>" + html::text(mark.sentence) + "</p></div>\n";
}

std::string ClassPages::section(const Student& student, const LabOfClass& lab, std::size_t number)
{
    LabTally& tally = view_.tallies.at(lab.name);
    const std::string title =
        html::heading(2, "lab" + std::to_string(number + 1),
                      "Lab " + html::line(short_name(lab.name)) + ": " + html::line(lab.title));
    const auto found = student.marks.find(lab.name);
    if (found == student.marks.end()) {
        ++tally.missing;
        return title + "<p>Nothing was handed in.</p>\n";
    }
    const Mark& mark = found->second;
    view_.doubts += doubt_of(lab.name, mark) ? 1 : 0;
    tally.add(index(), mark, lab);
    std::optional<Record> record = record_of(lab, mark);
    if (!record) {
        return title + why_no_report(mark);
    }
    tally.add(index(), *record);
    repeat_at_home(*record);
    const StudentView view = for_student(*record, options_.shown);
    const auto rubric = rubrics_.find(lab.name);
    return title + result_of(view, rubric == rubrics_.end() ? nullptr : &rubric->second,
                             {.level = 3, .remark = remark_on(mark, view.withheld)});
}

void ClassPages::write_student(const Student& student)
{
    const std::string shown = student.name.empty() ? student.id : student.name;
    view_.names.push_back({student.id, shown});
    view_.marks += student.marks.size();
    std::string sections;
    std::string links;
    for (std::size_t i = 0; i < view_.labs.size(); ++i) {
        const LabOfClass& lab = view_.labs[i];
        sections += section(student, lab, i);
        links += "<li><a href=\"#lab" + std::to_string(i + 1) + "\">Lab " +
                 html::line(short_name(lab.name)) + "</a></li>\n";
    }
    const std::string nav =
        view_.labs.size() < 2 ? ""
                              : "<nav aria-label=\"On this page\"><ul>\n" + links + "</ul></nav>\n";
    harness::write_atomically(
        out_ / "students" / page_name(student.id),
        html::page(shown, "<header class=\"top\"><p class=\"over\">" + html::line(student.id, 80) +
                              "</p>\n<h1>" + html::name(shown) + "</h1>\n" + nav +
                              "</header>\n<main>\n" + sections + "</main>\n"));
}

// The folder is handed out: who is no longer in the gradebook has no page in it. Names are known by
// their hashes, which take less room in a large class.
void ClassPages::remove_pages_of_others()
{
    const std::hash<std::string> hash;
    std::vector<std::size_t> ours;
    ours.reserve(view_.names.size());
    for (const Name& name : view_.names) {
        ours.push_back(hash(page_name(name.id)));
    }
    std::ranges::sort(ours);
    std::vector<fs::path> others;
    for (const fs::directory_entry& entry : fs::directory_iterator(out_ / "students")) {
        if (entry.path().extension() == ".html" &&
            !std::ranges::binary_search(ours, hash(entry.path().filename().string()))) {
            others.push_back(entry.path());
        }
    }
    std::ranges::for_each(others, [](const fs::path& page) { fs::remove(page); });
}

void ClassPages::write_index()
{
    const fs::path file = out_ / "index.html";
    const fs::path fresh = out_ / "index.html.new";
    std::ofstream page(fresh, std::ios::binary);
    write_class_page(page, view_);
    page.close();
    if (!page) {
        throw std::runtime_error("cannot write " + fresh.string());
    }
    fs::rename(fresh, file);
}

} // namespace

void write_class_pages(const fs::path& out, const PagesOptions& options)
{
    ClassPages(out, options).write();
}

} // namespace grading
