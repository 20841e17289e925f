#include "grading/exporters/exporters.h"

namespace grading {

std::string as_json(const Record& record)
{
    return to_json(record);
}

} // namespace grading
