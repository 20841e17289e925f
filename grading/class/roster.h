// Which row of a platform's file is whose: found by what identifies a student there.
#pragma once

#include "grading/class/csv.h"
#include "grading/class/gradebook.h"

#include <map>
#include <string>
#include <vector>

namespace grading {

struct Roster {
    std::map<std::size_t, const Student*> student_of_row; // rows of Csv::rows
    std::vector<std::string> notes;                       // whom it could not place, and why
};

// Rows `first` and later, but those without a value in `required`. A student is found by id or
// e-mail in one of the columns `keys`, else by a name that nobody else has in the column `name`.
// Who would fit two rows, and two who would fit one, are left out and told.
struct RosterColumns {
    std::vector<std::size_t> keys;
    std::size_t name = 0;
    std::size_t required = 0;
};
Roster match_rows(const Csv& csv, std::size_t first, const RosterColumns& columns,
                  const Gradebook& gradebook);

// "Ada Lovelace (ada@example.org)", fit for a message.
std::string told(const Student& student);


// Is there a mark to hand on? Not for what the grader itself could not do.
bool has_mark(const Student& student, const std::string& lab);

} // namespace grading
