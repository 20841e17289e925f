#include "grading/exporters/export_record.h"

#include "grading/exporters/formats.h"
#include "grading/record.h"
#include "grading/rubric.h"
#include "grading/terminal.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

Record record_given(const fs::path& file)
{
    try {
        return load_record(file);
    } catch (const std::exception& error) {
        throw std::invalid_argument(std::string("--record ") + error.what());
    }
}

} // namespace

void export_record(const fs::path& record, const std::string& format, const fs::path& out,
                   const Layout& layout)
{
    const Record what = record_given(record);
    const auto labs = labs_in(layout);
    const bool known = std::ranges::find(labs, what.lab) != labs.end(); // else without task titles
    const Rubric rubric = known ? load_rubric(layout.rubric(what.lab)) : Rubric{};
    const std::string text = format_named(format).make(what, rubric);
    if (out.empty()) {
        print(text);
    } else {
        harness::write_atomically(out, text);
    }
}

} // namespace grading
