#include "grading/pages/for_student.h"

#include "grading/exporters/student_view.h"

namespace grading {

StudentView for_student(const Record& record, Visibility shown)
{
    return {student_view(record, shown), keeps_tests_back(record, shown)};
}

} // namespace grading
