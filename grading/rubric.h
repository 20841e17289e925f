// A rubric: what a lab's tests are worth, and what to say to whom. Data, one YAML file a lab under
// grading/rubrics/, edited by instructors; its form is explained in rubrics/README.md.
#pragma once

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

// When a student may see a test's result (the words are Gradescope's).
enum class Visibility { visible, after_due_date, after_published, hidden };
// How much of it.
enum class Detail { full, expected_and_actual, name_only };

std::string_view to_string(Visibility visibility);
std::string_view to_string(Detail detail);
// Throw std::invalid_argument for any other word, and say which there are.
Visibility visibility_from(std::string_view word);
Detail detail_from(std::string_view word);

struct RubricTest {
    std::string name; // of the test in GoogleTest, without its suite
    std::string title;
    int points = 0;
    int task = 0; // 0: of none
    std::vector<std::string> depends_on;
    Visibility visibility = Visibility::visible;
    Detail detail = Detail::full;
    bool free = false; // an untouched skeleton passes it
    int line = 0;
};

struct Task {
    int number = 0;
    std::string title;
    std::array<std::string, 3> hints; // of rising frankness
    int line = 0;
};

struct Rubric {
    std::filesystem::path file;
    std::string title;
    bool thread_sanitizer = false; // its tests want a second build of the server
    std::vector<RubricTest> tests;
    std::vector<Task> tasks;

    // Null when there is none.
    [[nodiscard]] const RubricTest* find(std::string_view test) const;
    [[nodiscard]] const Task* find_task(int number) const;
};

// One line for each thing that is wrong: "FILE:LINE: what, and what to do".
class RubricError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

Rubric load_rubric(const std::filesystem::path& file);
// Of a file's contents. `file` stands in the messages.
Rubric parse_rubric(const std::string& yaml, const std::filesystem::path& file);

// Throws unless the tests that the lab's driver has are those of the rubric.
void check_against(const Rubric& rubric, const std::vector<std::string>& tests);

} // namespace grading
