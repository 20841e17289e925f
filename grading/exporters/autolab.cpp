// The output of an Autolab job: the report, then a line of JSON that shows the tests, then one with
// the scores. Without the last one Autolab sets and releases a 0 where there was no mark before, so
// where there is none to give it says null.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::Verdict;
using nlohmann::json;

// Autolab mends what it takes for keys without quotes, which is any word before a colon, inside of
// strings too: ours have the sign for a ratio instead, which looks the same.
std::string without_colons(std::string_view text, std::size_t most)
{
    std::string result;
    for (const char c : harness::readable(text, most)) {
        result += c == ':' ? "\u2236" : c == '\n' ? " " : std::string(1, c);
    }
    return result;
}

json stage(const Record& view)
{
    json tests = json::object();
    for (const TestResult& test : view.tests) {
        const auto& failure = test.report.failure;
        json result = {{"passed", test.report.verdict == Verdict::pass}};
        if (failure && test.detail != Detail::name_only) {
            const std::string& hint = failure->cause.empty() ? failure->got : failure->cause;
            result["hint"] = without_colons(hint, 500);
        }
        tests[without_colons(test.report.test, 200)] = result;
    }
    return tests;
}

// One line, in ASCII: a line end inside would be taken for the end.
std::string line(const json& object)
{
    return object.dump(-1, ' ', true) + "\n";
}

} // namespace

std::string as_autolab(const Record& record)
{
    const Record view = student_view(record);
    std::string text = as_text(view, Rubric{}, false);
    const std::string problem = without_colons(view.lab, 100);
    if (verdict_of(view) == Outcome::infrastructure_error) {
        text +=
            "This is no mark. Autolab may show 0 for a new submission all the same: grade it again "
            "there.\n";
        return text + line({{"scores", {{problem, nullptr}}}});
    }
    if (const std::string scale = remark_on_scale(view); !scale.empty()) {
        text += scale + "\n";
    }
    if (view.outcome == Outcome::graded) {
        text +=
            line({{"_presentation", "semantic"}, {"stages", {"Tests"}}, {"Tests", stage(view)}});
    }
    const double marks = scaled_score(view);
    return text + line({{"scores", {{problem, marks}}}, {"scoreboard", json::array({marks})}});
}

} // namespace grading
