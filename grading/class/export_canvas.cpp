// Canvas: the gradebook that an instructor has exported, with the marks of the labs filled in. A
// heading that Canvas does not know would create an assignment, so only its own ones are used.

#include "grading/class/export_class.h"
#include "grading/class/export_overwritten.h"
#include "grading/class/roster.h"
#include "grading/decimal.h"
#include "grading/files.h"
#include "grading/layout.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>

namespace grading {

namespace {

using harness::readable;

// "Lab 2 (4711)": the headings that stand for assignments.
bool is_assignment(const std::string& heading)
{
    const auto open = heading.rfind(" (");
    const bool closed = heading.ends_with(')') && open != std::string::npos;
    const std::string id = closed ? heading.substr(open + 2, heading.size() - open - 3) : "";
    return !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
}

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
        return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
    });
    return text;
}

// Is it the lab's by its name ("02-fork"), its title, or as "Lab 02" or "Lab 2"? The whole of it,
// or up to a colon: "Lab 2 report" is another assignment.
bool is_for(const std::string& heading, const LabOfClass& lab)
{
    const std::string title = lower(heading.substr(0, heading.rfind(" (")));
    const std::string number = short_name(lab.name);
    const std::string plain = std::to_string(std::atoi(number.c_str()));
    const auto names = {lab.name, lab.title, "lab " + number, "lab " + plain, number};
    return std::ranges::any_of(names, [&](const std::string& name) {
        return !name.empty() && (title == lower(name) || title.starts_with(lower(name) + ":"));
    });
}

std::string list_of_assignments(const CsvRow& header)
{
    std::string list;
    for (const CsvCell& cell : header.cells) {
        list += is_assignment(cell.value) ? "\n  " + readable(cell.value, 200) : "";
    }
    return list.empty() ? "\n  none" : list;
}

std::size_t column_of(const CsvRow& header, const LabOfClass& lab,
                      const ClassExportRequest& request)
{
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
        const std::string& heading = header.cells[i].value;
        if (is_assignment(heading) &&
            (request.column.empty() ? is_for(heading, lab) : heading == request.column)) {
            found.push_back(i);
        }
    }
    if (found.size() == 1) {
        return found[0];
    }
    throw std::invalid_argument(request.into.string() + ": " +
                                (found.empty() ? "no column is" : "several columns are") +
                                " for lab " + lab.name + "; name it: --lab " + lab.name +
                                " --column 'Title (id)', of those:" + list_of_assignments(header));
}

std::size_t needed(const CsvRow& header, const std::string& heading,
                   const std::filesystem::path& file)
{
    if (const auto column = column_named(header, heading)) {
        return *column;
    }
    throw std::invalid_argument(file.string() + ": no column '" + heading +
                                "', so it is no gradebook of Canvas; download it there: Grades, "
                                "Export");
}

// Canvas can be told to write names in two columns.
std::vector<std::size_t> name_columns(const CsvRow& header, const std::filesystem::path& file)
{
    const auto surname = column_named(header, "LastName");
    const auto forename = column_named(header, "FirstName");
    return surname && forename ? std::vector{*surname, *forename}
                               : std::vector{needed(header, "Student", file)};
}

RosterColumns roster_columns(const CsvRow& header, const std::filesystem::path& file)
{
    RosterColumns columns;
    columns.whole_names = true; // in those of files it writes "doejane", or what a group is called
    columns.name = name_columns(header, file);
    columns.required = needed(header, "ID", file);
    for (const char* const heading : {"ID", "SIS User ID", "SIS Login ID", "Integration ID"}) {
        if (const auto column = column_named(header, heading)) {
            columns.keys.push_back(*column);
        }
    }
    return columns;
}

// Canvas says in its second row what an assignment is worth; another number is no mistake.
void note_maximum(const Csv& csv, std::size_t column, const LabOfClass& lab, ClassExport& result)
{
    for (const CsvRow& row : csv.rows) {
        const bool points = row.cells[0].value.find("Points Possible") != std::string::npos;
        const std::string value =
            points && column < row.cells.size() ? row.cells[column].value : "";
        if (!value.empty() && std::atof(value.c_str()) != lab.max_score) {
            result.notes.push_back("lab " + lab.name + " has " + decimal(lab.max_score) +
                                   " points here, and " + readable(value, 40) +
                                   " in Canvas: marks are written as they are");
        }
    }
}

// Excused, or not applicable: somebody has decided that no mark is to stand there.
bool is_decided(const std::string& value)
{
    const std::string word = lower(value);
    return word == "ex" || word == "n/a";
}

class LabFiller {
public:
    LabFiller(Csv& csv, const LabOfClass& lab, std::size_t column, ClassExport& result)
        : csv_(csv), lab_(lab), column_(column), result_(result)
    {
    }
    void fill_rows_of(const Roster& roster)
    {
        const std::string heading = csv_.rows[0].cells[column_].value;
        result_.notes.push_back(told(lab_, heading));
        note_maximum(csv_, column_, lab_, result_);
        for (const auto& [index, student] : roster.student_of_row) {
            if (student->marks.contains(lab_.name)) {
                fill_row(csv_.rows[index], *student);
            }
        }
        overwritten_.tell(heading, result_.notes);
    }

private:
    void fill_row(CsvRow& row, const Student& student)
    {
        const bool can = has_mark(student, lab_.name) && column_ < row.cells.size();
        const std::string value = can ? row.cells[column_].value : "";
        if (!can || is_decided(value)) {
            result_.notes.push_back(told(student) + " has " +
                                    (can ? "'" + value + "'" : std::string("no mark")) +
                                    " in lab " + lab_.name + ": what stands in the file is left");
            result_.complete = result_.complete && can;
            return;
        }
        const double mark = student.marks.at(lab_.name).mark;
        overwritten_.note(student, value, mark);
        fill(row.cells[column_], decimal(mark), csv_.delimiter);
    }

    Csv& csv_;
    const LabOfClass& lab_;
    std::size_t column_;
    ClassExport& result_;
    Overwritten overwritten_;
};

std::vector<LabOfClass> labs_meant(const Gradebook& gradebook, const ClassExportRequest& request)
{
    std::vector<LabOfClass> labs = gradebook.labs;
    if (!request.lab.empty()) {
        std::erase_if(labs, [&](const LabOfClass& lab) { return lab.name != request.lab; });
    }
    if (labs.empty()) {
        throw std::invalid_argument("the gradebook has no lab " + request.lab);
    }
    if (labs.size() > 1 && !request.column.empty()) {
        throw std::invalid_argument("--column is for one lab: say which, --lab NN");
    }
    return labs;
}

} // namespace

ClassExport as_canvas(const Gradebook& gradebook, const ClassExportRequest& request)
{
    Csv csv = parse_csv(contents_of(request.into), request.into);
    const CsvRow& header = csv.rows[0];
    const Roster roster = match_rows(csv, 1, roster_columns(header, request.into), gradebook);
    ClassExport result;
    result.notes = roster.notes;
    result.complete = roster.notes.empty();
    std::map<std::size_t, std::string> labs; // by column
    for (const LabOfClass& lab : labs_meant(gradebook, request)) {
        const std::size_t column = column_of(header, lab, request);
        if (const auto [other, is_new] = labs.emplace(column, lab.name); !is_new) {
            throw std::invalid_argument(request.into.string() + ": the column '" +
                                        readable(header.cells[column].value, 200) +
                                        "' would take lab " + other->second + " and lab " +
                                        lab.name + "; hand on one at a time: --lab, --column");
        }
        LabFiller(csv, lab, column, result).fill_rows_of(roster);
    }
    result.text = to_text(csv);
    return result;
}

} // namespace grading
