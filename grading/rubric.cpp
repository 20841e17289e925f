#include "grading/rubric.h"

#include "common/joined.h"

#include <algorithm>

namespace grading {

namespace {

constexpr std::array<std::string_view, 4> visibility_words{"visible", "after_due_date",
                                                           "after_published", "hidden"};
constexpr std::array<std::string_view, 3> detail_words{"full", "expected_and_actual", "name_only"};

template <class Enum> Enum word_to(const auto& words, std::string_view word)
{
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) {
        throw std::invalid_argument("'" + std::string(word) +
                                    "' must be one of: " + lab::joined(words, ", "));
    }
    return static_cast<Enum>(found - words.begin());
}

} // namespace

std::string_view to_string(Visibility visibility)
{
    return visibility_words.at(static_cast<std::size_t>(visibility));
}

std::string_view to_string(Detail detail)
{
    return detail_words.at(static_cast<std::size_t>(detail));
}

Visibility visibility_from(std::string_view word)
{
    return word_to<Visibility>(visibility_words, word);
}

Detail detail_from(std::string_view word)
{
    return word_to<Detail>(detail_words, word);
}

const RubricTest* Rubric::find(std::string_view test) const
{
    const auto found = std::ranges::find(tests, test, &RubricTest::name);
    return found == tests.end() ? nullptr : &*found;
}

const Task* Rubric::find_task(int number) const
{
    const auto found = std::ranges::find(tasks, number, &Task::number);
    return found == tasks.end() ? nullptr : &*found;
}

void check_against(const Rubric& rubric, const std::vector<std::string>& tests)
{
    std::string lines;
    for (const RubricTest& row : rubric.tests) {
        if (std::ranges::find(tests, row.name) == tests.end()) {
            lines += rubric.file.string() + ":" + std::to_string(row.line) +
                     ": no test is named '" + row.name + "'; correct the name, or delete the row\n";
        }
    }
    for (const std::string& test : tests) {
        if (rubric.find(test) == nullptr) {
            lines += rubric.file.string() + ":1: test '" + test + "' has no row; add one\n";
        }
    }
    if (!lines.empty()) {
        lines.pop_back();
        throw RubricError(lines);
    }
}

} // namespace grading
