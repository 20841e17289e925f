// A student's result as one page for the browser. Apart from the pages of a class: students have it
// on their own machines, and those not.

#include "grading/pages/html.h"

#include "grading/exporters/exporters.h"
#include "grading/layout.h"
#include "grading/pages/pages.h"
#include "grading/pages/result.h"

namespace grading {

std::string as_html(const Record& record, const Rubric& rubric)
{
    const StudentView view = for_student(record, Visibility::visible);
    const std::string lab = html::line("Lab " + short_name(record.lab));
    const std::string body = R"(<header class="top"><p class="over">)" + lab + " · " +
                             html::name(record.submission) + "</p>\n<h1>" +
                             html::line(record.title) + "</h1></header>\n<main>\n" +
                             result_of(view, &rubric, {.level = 2}) +
                             "</main>\n"
                             R"(<footer class="foot"><p>)" +
                             html::line(record.finished) + "</p></footer>\n";
    return html::page("Lab " + record.lab + ": " + record.title, body);
}

} // namespace grading
