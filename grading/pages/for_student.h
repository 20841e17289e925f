// What of a record its student may see, for a page: as in every format (exporters/student_view.h).
#pragma once

#include "grading/record.h"

namespace grading {

struct StudentView {
    Record record;         // without what is withheld; its sums are those of what is shown
    bool withheld = false; // some tests count that are not in it
};

StudentView for_student(const Record& record, Visibility shown);

} // namespace grading
