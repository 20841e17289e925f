// Pages for people: a student's result and a class's, each one file that needs no other.
#pragma once

#include "grading/layout.h"
#include "grading/record.h"

#include <filesystem>
#include <string>

namespace grading {

// One record, as its student may see it now: what is visible only later is not in it.
std::string as_html(const Record& record, const Rubric& rubric);

struct PagesOptions {
    Layout layout{}; // where the rubrics are, for their hints
    // Students see tests of this visibility and of those before it; hidden ones never.
    Visibility shown = Visibility::visible;
};

// Makes OUT/index.html and OUT/students/ID.html from OUT/gradebook.json and the records that it
// names, one of them in memory at a time. A record that cannot be read is said on both pages.
// Throws std::runtime_error when there is no gradebook, or a page cannot be written.
void write_class_pages(const std::filesystem::path& out, const PagesOptions& options = {});

// The name of a student's file under OUT/students: for every id another one, and none that leads
// elsewhere. Also what a link to it says: nothing in it needs to be escaped.
std::string page_name(const std::string& id);

} // namespace grading
