// Moodle's grading worksheet of one assignment, with the marks filled in. Its headings are in the
// language of whoever downloaded it, so columns are known by many names or by their place.

#include "grading/class/export_class.h"
#include "grading/class/export_overwritten.h"
#include "grading/class/roster.h"
#include "grading/decimal.h"
#include "grading/files.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

namespace grading {

namespace {

using harness::readable;

// "Grade", "Full name" and so on in the languages that Moodle is used in most.
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

constexpr std::array<std::string_view, 9> changeable_headings{"Grade can be changed",
                                                              "Bewertung kann geändert werden",
                                                              "La note peut être modifiée",
                                                              "La calificación puede ser cambiada",
                                                              "La calificación puede cambiarse",
                                                              "La valutazione può essere cambiata",
                                                              "A nota pode ser alterada.",
                                                              "Nota pode ser alterada",
                                                              "Not değiştirilebilir"};
constexpr std::array<std::string_view, 12> words_for_no{"No", "Nein", "Non", "Nee", "Não",   "Nie",
                                                        "Ne", "Nej",  "Nei", "Ei",  "Hayır", "Нет"};

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

// Locked, or overridden in Moodle's own gradebook: somebody has decided, and Moodle takes no other.
// Under a heading that is not known it is one of the three behind the grade: the maximum, the state
// of the marking, and this.
bool is_locked(const CsvRow& header, const CsvRow& row, std::size_t grade)
{
    const auto says_no = [&](std::size_t column) {
        return column < row.cells.size() &&
               std::ranges::find(words_for_no, row.cells[column].value) != words_for_no.end();
    };
    if (const auto column = first_of(header, changeable_headings)) {
        return says_no(*column);
    }
    return says_no(grade + 1) || says_no(grade + 2) || says_no(grade + 3);
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
        overwritten_.tell(csv_.rows[0].cells[grade_].value, result_.notes);
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
        CsvCell& cell = row.cells[grade_];
        // A grade that means the same is the same: Moodle skips such a row, and so do we.
        const auto before = number_in(cell.value);
        if (before && decimal(*before) == decimal(mark)) {
            return;
        }
        if (is_locked(csv_.rows[0], row, grade_)) {
            return keep(student,
                        " has " + decimal(mark) + ", and in Moodle a grade that cannot be changed");
        }
        const std::string maximum = maximum_of(row, grade_);
        const auto most = number_in(maximum);
        if (most && mark > *most) {
            return leave(student, " has " + decimal(mark) + ", and Moodle takes no more than " +
                                      readable(maximum, 40));
        }
        put(mark, maximum.find(',') != std::string::npos, cell, student);
    }
    void put(double mark, bool with_comma, CsvCell& cell, const Student& student)
    {
        std::string text = decimal(mark);
        if (with_comma) {
            std::ranges::replace(text, '.', ',');
        }
        overwritten_.note(student, cell.value, mark);
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
    void keep(const Student& student, const std::string& why)
    {
        result_.notes.push_back(told(student) + why + ": what stands in the file is left");
    }
    void leave(const Student& student, const std::string& why)
    {
        keep(student, why);
        result_.complete = false;
    }

    Csv csv_;
    std::size_t grade_;
    const LabOfClass& lab_;
    Overwritten overwritten_;
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
