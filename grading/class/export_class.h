// The marks of a class for a platform: filled into the file that the instructor has downloaded from
// it, in which everything else stays byte for byte as it was. No row and no column is ever
// invented.
#pragma once

#include "grading/class/gradebook.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

struct ClassExport {
    std::string text;
    // For the instructor: whose mark found no row, which column took which lab, and so on.
    std::vector<std::string> notes;
    // Every mark of the gradebook is in it, or somebody has decided on the platform that it is not.
    bool complete = true;
};

// What an export needs besides the gradebook; formats ask for what they use.
struct ClassExportRequest {
    std::filesystem::path into; // the platform's file
    std::string lab;    // for a file with one column of marks; empty: the gradebook's only one
    std::string column; // for the marks, by its heading; empty: found by the lab's name
};

struct ClassFormat {
    std::string_view name;
    std::string_view purpose;
    bool fills = false;     // a file is needed, and a column of it may be named
    bool takes_lab = false; // one lab alone may be meant
    ClassExport (*make)(const Gradebook&, const ClassExportRequest&);
};

const std::vector<ClassFormat>& class_formats();
// Throws std::invalid_argument that lists them all.
const ClassFormat& class_format_named(std::string_view name);
std::string class_format_names();
std::string class_format_table(); // a line for each: name, what it is for

// Each throws std::invalid_argument when the file or a column is not what it should be.
ClassExport as_canvas(const Gradebook& gradebook, const ClassExportRequest& request);
ClassExport as_moodle(const Gradebook& gradebook, const ClassExportRequest& request);
ClassExport as_class_csv(const Gradebook& gradebook, const ClassExportRequest& request);
ClassExport as_class_json(const Gradebook& gradebook, const ClassExportRequest& request);

} // namespace grading
