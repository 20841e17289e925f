// Moodle's grading worksheet of one assignment, with the marks filled in. Its headings are in the
// language of whoever downloaded it, so columns are known by many names or by their place.

#include "grading/class/export_class.h"
#include "grading/class/roster.h"
#include "grading/decimal.h"
#include "grading/files.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <stdexcept>
#include <system_error>

namespace grading {

namespace {

using harness::readable;

// "Grade", "Full name", "Status" and "Group" in the languages that Moodle is used in most.
constexpr std::array<std::string_view, 22> grade_headings{
    "Grade",        "Mark",     "Bewertung",   "Punkte",    "Note",      "Calificación",
    "Qualificació", "Nota",     "Valutazione", "Voto",      "Avaliação", "Cijfer",
    "Beoordeling",  "Ocena",    "Známka",      "Hodnocení", "Betyg",     "Karakter",
    "Karakterer",   "Arvosana", "Not",         "Оценка"};
constexpr std::array<std::string_view, 16> name_headings{
    "Full name",      "Vollständiger Name", "Nom complet",   "Nombre completo",
    "Nom complet",    "Cognome/Nome",       "Nome completo", "Nome",
    "Volledige naam", "Imię i nazwisko",    "Celé jméno",    "Fullständigt namn",
    "Fulde navn",     "Fullt navn",         "Koko nimi",     "Полное имя"};
constexpr std::array<std::string_view, 11> status_headings{
    "Status",   "Statut", "Estado", "Estatus", "Estat",    "Stato",
    "Situação", "Stav",   "Tila",   "Durum",   "Состояние"};
constexpr std::array<std::string_view, 12> group_headings{"Group",   "Gruppe", "Groupe", "Grupo",
                                                          "Grup",    "Gruppo", "Groep",  "Grupa",
                                                          "Skupina", "Grupp",  "Ryhmä",  "Группа"};

template <std::size_t size>
std::optional<std::size_t> first_of(const CsvRow& header,
                                    const std::array<std::string_view, size>& headings)
{
    for (const std::string_view heading : headings) {
        if (const auto column = column_named(header, heading)) {
            return column;
        }
    }
    return std::nullopt;
}

// With a comma or a point, and blanks around it; nothing when it is no number.
std::optional<double> number_in(std::string text)
{
    std::ranges::replace(text, ',', '.');
    const auto begin = text.find_first_not_of(" \t");
    const auto end = text.find_last_not_of(" \t");
    if (begin == std::string::npos) {
        return std::nullopt;
    }
    double number = 0;
    const char* const last = text.data() + end + 1;
    const auto [stop, error] = std::from_chars(text.data() + begin, last, number);
    return error == std::errc() && stop == last && std::isfinite(number) ? std::optional(number)
                                                                         : std::nullopt;
}

std::size_t grade_column(const CsvRow& header, const ClassExportRequest& request)
{
    const auto column = request.column.empty() ? first_of(header, grade_headings)
                                               : column_named(header, request.column);
    if (column && *column > 0) {
        return *column;
    }
    std::string list;
    for (const CsvCell& cell : header.cells) {
        list += "\n  " + readable(cell.value, 200);
    }
    throw std::invalid_argument(request.into.string() +
                                ": which column is for the marks? --column 'Heading', of:" + list);
}

// A column named by mistake would lose what stands in it.
void check_holds_marks(const Csv& csv, std::size_t column, const ClassExportRequest& request)
{
    for (std::size_t i = 1; i < csv.rows.size(); ++i) {
        const CsvRow& row = csv.rows[i];
        const std::string value = column < row.cells.size() ? row.cells[column].value : "";
        if (!value.empty() && value != "-" && !number_in(value)) {
            throw std::invalid_argument(request.into.string() + ": column '" +
                                        readable(csv.rows[0].cells[column].value, 200) +
                                        "' is not for marks: in line " + std::to_string(row.line) +
                                        " it holds '" + readable(value, 40) +
                                        "'; name another one, or mend that cell");
        }
    }
}

// Left of the grade stand: identifier, name, number, address, status, group. With blind marking it
// is identifier and status, so without a heading that is known a name is what follows the
// identifier, unless that is the status, or the last before the grade, which the status is.
std::vector<std::size_t> name_columns(const CsvRow& header, std::size_t grade)
{
    if (const auto known = first_of(header, name_headings)) {
        return {*known};
    }
    const bool name_and_status = grade > 2 && first_of(header, status_headings) != 1;
    return name_and_status ? std::vector<std::size_t>{1} : std::vector<std::size_t>{};
}

RosterColumns roster_columns(const CsvRow& header, std::size_t grade)
{
    RosterColumns columns;
    columns.name = name_columns(header, grade);
    columns.group = first_of(header, group_headings);
    for (std::size_t i = 0; i < grade; ++i) {
        if (columns.group != i && first_of(header, status_headings) != i) {
            columns.keys.push_back(i);
        }
    }
    return columns;
}

const LabOfClass& lab_meant(const Gradebook& gradebook, const ClassExportRequest& request)
{
    const bool only_one = request.lab.empty() && gradebook.labs.size() == 1;
    const auto found = std::ranges::find(gradebook.labs, request.lab, &LabOfClass::name);
    if (found != gradebook.labs.end() || only_one) {
        return only_one ? gradebook.labs[0] : *found;
    }
    std::string list;
    for (const LabOfClass& lab : gradebook.labs) {
        list += " " + lab.name;
    }
    throw std::invalid_argument("a worksheet is for one lab: --lab NN, of" + list);
}

// What stands right of the grade is the most that Moodle takes; by it we see how a number is
// written.
std::string maximum_of(const CsvRow& row, std::size_t grade)
{
    return grade + 1 < row.cells.size() ? row.cells[grade + 1].value : "";
}

class Worksheet {
public:
    Worksheet(Csv csv, std::size_t grade, const LabOfClass& lab)
        : csv_(std::move(csv)), grade_(grade), lab_(lab)
    {
    }
    ClassExport filled(const Roster& roster)
    {
        result_.notes = roster.notes;
        result_.complete = roster.notes.empty();
        result_.notes.push_back(told(lab_, csv_.rows[0].cells[grade_].value));
        note_maximum();
        for (const auto& [row, student] : roster.student_of_row) {
            if (student->marks.contains(lab_.name)) {
                fill_row(csv_.rows[row], *student);
            }
        }
        result_.text = to_text(csv_);
        return std::move(result_);
    }

private:
    void fill_row(CsvRow& row, const Student& student)
    {
        if (!has_mark(student, lab_.name) || grade_ >= row.cells.size()) {
            return leave(student, " has no mark in lab " + lab_.name);
        }
        const double mark = student.marks.at(lab_.name).mark;
        const std::string maximum = maximum_of(row, grade_);
        const auto most = number_in(maximum);
        if (most && mark > *most) {
            return leave(student, " has " + decimal(mark) + ", and Moodle takes no more than " +
                                      readable(maximum, 40));
        }
        // A grade that means the same is the same: Moodle skips such a row, and so do we.
        CsvCell& cell = row.cells[grade_];
        const auto before = number_in(cell.value);
        if (before && decimal(*before) == decimal(mark)) {
            return;
        }
        std::string text = decimal(mark);
        if (maximum.find(',') != std::string::npos) {
            std::ranges::replace(text, '.', ',');
        }
        fill(cell, text, csv_.delimiter);
    }
    // What the assignment is worth there, where all rows say the same.
    void note_maximum()
    {
        std::set<double> numbers;
        for (std::size_t i = 1; i < csv_.rows.size(); ++i) {
            if (const auto most = number_in(maximum_of(csv_.rows[i], grade_))) {
                numbers.insert(*most);
            }
        }
        if (numbers.size() == 1 && *numbers.begin() != lab_.max_score) {
            result_.notes.push_back("lab " + lab_.name + " has " + decimal(lab_.max_score) +
                                    " points here, and " + decimal(*numbers.begin()) +
                                    " in Moodle: marks are written as they are");
        }
    }
    void leave(const Student& student, const std::string& why)
    {
        result_.notes.push_back(told(student) + why + ": what stands in the file is left");
        result_.complete = false;
    }

    Csv csv_;
    std::size_t grade_;
    const LabOfClass& lab_;
    ClassExport result_;
};

} // namespace

ClassExport as_moodle(const Gradebook& gradebook, const ClassExportRequest& request)
{
    const LabOfClass& lab = lab_meant(gradebook, request);
    Csv csv = parse_csv(contents_of(request.into), request.into);
    const std::size_t grade = grade_column(csv.rows[0], request);
    if (!request.column.empty()) {
        check_holds_marks(csv, grade, request);
    }
    const Roster roster = match_rows(csv, 1, roster_columns(csv.rows[0], grade), gradebook);
    return Worksheet(std::move(csv), grade, lab).filled(roster);
}

} // namespace grading
