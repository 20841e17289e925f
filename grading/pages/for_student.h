// What of a record its student may see.
#pragma once

#include "grading/record.h"

namespace grading {

struct StudentView {
    Record record;         // without what is withheld; its sums are those of what is shown
    bool withheld = false; // some tests count that are not in it
};

// Tests whose visibility is `shown` or earlier; never those that are hidden. Of each as much as its
// detail allows, and nothing elsewhere that would tell of one that is withheld.
StudentView for_student(Record record, Visibility shown);

} // namespace grading
