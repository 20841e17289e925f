// The marks of a class as a file of our own: CSV for a spreadsheet, JSON for a program; and the
// table of all class formats.

#include "common/joined.h"
#include "grading/class/csv.h"
#include "grading/class/export_class.h"
#include "grading/class/roster.h"
#include "grading/decimal.h"
#include "grading/padded.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <stdexcept>

namespace grading {

namespace {

std::vector<LabOfClass> labs_meant(const Gradebook& gradebook, const ClassExportRequest& request)
{
    std::vector<LabOfClass> labs = gradebook.labs;
    if (!request.lab.empty()) {
        std::erase_if(labs, [&](const LabOfClass& lab) { return lab.name != request.lab; });
    }
    return labs;
}

// A mark that is still open is an empty field, and so is a sum with one in it: never a 0.
std::string row_of(const Student& student, const std::vector<LabOfClass>& labs)
{
    std::string row =
        csv_cell(student.id) + "," + csv_cell(student.name) + "," + csv_cell(student.email);
    double sum = 0;
    bool open = false;
    for (const LabOfClass& lab : labs) {
        const auto found = student.marks.find(lab.name);
        const bool counts = has_mark(student, lab.name);
        sum += counts ? found->second.mark : 0;
        open = open || (found != student.marks.end() && !counts);
        row += "," + (counts ? csv_cell(decimal(found->second.mark)) : "") + "," +
               (found == student.marks.end() ? "" : csv_cell(found->second.outcome));
    }
    return row + "," + (open ? "" : csv_cell(decimal(sum))) + "\r\n";
}

} // namespace

ClassExport as_class_csv(const Gradebook& gradebook, const ClassExportRequest& request)
{
    const auto labs = labs_meant(gradebook, request);
    ClassExport result;
    result.text = "id,name,email";
    for (const LabOfClass& lab : labs) {
        result.text += "," + csv_cell(lab.name) + "," + csv_cell(lab.name + " outcome");
    }
    result.text += ",sum\r\n";
    for (const Student& student : gradebook.students) {
        result.text += row_of(student, labs);
    }
    return result;
}

ClassExport as_class_json(const Gradebook& gradebook, const ClassExportRequest& /*request*/)
{
    ClassExport result;
    result.text = to_json(gradebook);
    return result;
}

const std::vector<ClassFormat>& class_formats()
{
    static const std::vector<ClassFormat> table{
        {"canvas", "the gradebook downloaded from Canvas, filled in", true, true, as_canvas},
        {"moodle", "Moodle's grading worksheet of one assignment, filled in", true, true,
         as_moodle},
        {"csv", "a row a student, a column a lab", false, true, as_class_csv},
        {"json", "the gradebook itself", false, false, as_class_json},
    };
    return table;
}

const ClassFormat& class_format_named(std::string_view name)
{
    const auto found = std::ranges::find(class_formats(), name, &ClassFormat::name);
    if (found == class_formats().end()) {
        throw std::invalid_argument("--format: '" + harness::printable(name) +
                                    "' is none of: " + class_format_names());
    }
    return *found;
}

std::string class_format_names()
{
    return lab::joined(class_formats(), ", ", &ClassFormat::name);
}

std::string class_format_table()
{
    return lab::joined(class_formats(), "", [](const ClassFormat& format) {
        return padded(format.name, 16) + std::string(format.purpose) + "\n";
    });
}

} // namespace grading
