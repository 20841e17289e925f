#include "grading/exporters/formats.h"

#include "common/joined.h"
#include "grading/exporters/exporters.h"
#include "grading/padded.h"
#include "grading/pages/pages.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace grading {

namespace {

std::string plain_text(const Record& record, const Rubric& rubric)
{
    return as_text(record, rubric, false);
}

// A format that needs no rubric.
template <std::string (*make)(const Record&)>
std::string of_record(const Record& record, const Rubric& /*rubric*/)
{
    return make(record);
}

std::string_view word_for(Audience audience)
{
    switch (audience) {
    case Audience::student:
        return "students";
    case Audience::platform:
        return "platform";
    case Audience::instructor:
        break;
    }
    return "instructor";
}

} // namespace

const std::vector<Format>& formats()
{
    static const std::vector<Format> table{
        {"text", Audience::instructor, "the report of the terminal", plain_text},
        {"json", Audience::instructor, "the record itself", of_record<as_json>},
        {"gradescope", Audience::platform, "Gradescope's results.json", of_record<as_gradescope>},
        {"classroom50", Audience::student, "Classroom 50's result.json, result/v1",
         of_record<as_classroom50>, classroom50_environment()},
        {"github", Audience::student, "the log of a GitHub Actions step, with annotations",
         of_record<as_github>},
        {"github-summary", Audience::student, "Markdown for $GITHUB_STEP_SUMMARY",
         of_record<as_github_summary>},
        {"prairielearn", Audience::student, "PrairieLearn's /grade/results/results.json",
         of_record<as_prairielearn>},
        {"autolab", Audience::student, "the output of an Autolab job, scores in its last line",
         of_record<as_autolab>},
        {"exercism", Audience::student, "Exercism's results.json, version 3",
         of_record<as_exercism>},
        {"junit", Audience::student, "JUnit XML, for any CI system", of_record<as_junit>},
        {"html", Audience::student, "a page for the browser, whole in one file", as_html},
        {"tap", Audience::student, "TAP 14, the Test Anything Protocol", of_record<as_tap>},
    };
    return table;
}

const Format& format_named(std::string_view name)
{
    const auto found = std::ranges::find(formats(), name, &Format::name);
    if (found == formats().end()) {
        throw std::invalid_argument("--format: '" + harness::printable(name) +
                                    "' is none of: " + format_names());
    }
    return *found;
}

const Format& usable_format(std::string_view name)
{
    const Format& format = format_named(name);
    std::string missing;
    for (const std::string_view variable : format.environment) {
        const char* const value = std::getenv(std::string(variable).c_str());
        if (value == nullptr || *value == '\0') {
            missing.append(" ").append(variable);
        }
    }
    if (!missing.empty()) {
        throw std::invalid_argument(
            "--format " + std::string(name) +
            ": not set in the environment, as its platform does:" + missing);
    }
    return format;
}

std::string format_names()
{
    return lab::joined(formats(), ", ", &Format::name);
}

std::string format_table()
{
    return lab::joined(formats(), "", [](const Format& format) {
        return padded(format.name, 16) + padded(word_for(format.audience), 12) +
               std::string(format.purpose) + "\n";
    });
}

} // namespace grading
