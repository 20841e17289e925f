// Which row of a platform's file is whose: found by what identifies a student there.
#pragma once

#include "grading/class/csv.h"
#include "grading/class/gradebook.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace grading {

struct Roster {
    std::map<std::size_t, const Student*> student_of_row; // rows of Csv::rows
    std::vector<std::string> notes;                       // whom it could not place, and why
};

// Where in a file stands what tells who a row is of.
struct RosterColumns {
    std::size_t required = 0;         // the platform's own word for a student: "Participant 11"
    std::vector<std::size_t> keys;    // ids and e-mail addresses
    std::vector<std::size_t> name;    // in one column, or surname and forename; {}: no names at all
    std::optional<std::size_t> group; // whose work counts for each member
    bool whole_names = false;         // one word is no name that could contradict
};

// Rows `first` and later, but those without a value in `required`. A student is found by e-mail
// address; else by id, in `keys` or at the end of `required`, where the name does not contradict;
// else by a name that nobody else has. What has the name of a group, and of no student, gets all of
// the group's rows. Who would fit two rows, and two who would fit one, are left out and told.
Roster match_rows(const Csv& csv, std::size_t first, const RosterColumns& columns,
                  const Gradebook& gradebook);

// "Ada Lovelace (ada@example.org)", fit for a message.
std::string told(const Student& student);
// "lab 02-fork goes into the column 'Lab 2 (4711)'", fit for a message.
std::string told(const LabOfClass& lab, const std::string& heading);

// Is there a mark to hand on? Not for what the grader itself could not do.
bool has_mark(const Student& student, const std::string& lab);

} // namespace grading
