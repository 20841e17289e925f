// PrairieLearn's results.json. A file of more than 1 MB is refused with all that is in it.

#include "grading/exporters/exporters.h"
#include "grading/exporters/student_view.h"

#include <nlohmann/json.hpp>

namespace grading {

namespace {

using harness::readable;
using nlohmann::json;

constexpr std::size_t most_bytes = 1'000'000;
constexpr std::size_t most_output = 32'768; // of one test, unless there are too many

json to_object(const TestResult& test, std::size_t most)
{
    const bool left_out = counts_not(test.report.verdict);
    return {{"name", readable(test.report.test, 200)},
            {"description", readable(test.title, 400)},
            {"points", test.points},
            {"max_points", left_out ? 0 : test.max_points},
            {"message", left_out ? "No certain verdict: does not count." : ""},
            {"output", readable(told(test), most)}};
}

// PrairieLearn takes a submission that is not gradable for no attempt, and shows why.
json not_gradable(const Record& view, std::size_t most)
{
    const std::string why = readable(remark_on(view), 2'000);
    return {{"gradable", false},
            {"score", 0},
            {"message", why},
            {"format_errors", json::array({why})},
            {"output", readable(view.compiler_output, most)}};
}

json to_object(const Record& view, std::size_t most)
{
    if (verdict_of(view) != Outcome::graded || view.max_score == 0) {
        return not_gradable(view, most);
    }
    json tests = json::array();
    for (const TestResult& test : view.tests) {
        tests.push_back(to_object(test, most));
    }
    return {{"gradable", true},
            {"score", static_cast<double>(view.score) / view.max_score},
            {"message", readable(remark_on(view), 2'000)},
            {"output", view.chaff ? readable(view.chaff->sentence, 2'000) : ""},
            {"tests", tests}};
}

} // namespace

std::string as_prairielearn(const Record& record)
{
    const Record view = student_view(record);
    std::string text;
    for (std::size_t most = most_output; most > 0; most /= 2) {
        text = to_object(view, most).dump(2) + "\n";
        if (text.size() <= most_bytes) {
            break;
        }
    }
    return text;
}

} // namespace grading
