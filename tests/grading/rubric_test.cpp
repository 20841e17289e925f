#include "grading/layout.h"
#include "grading/record.h"
#include "grading/rubric.h"

#include <gtest/gtest.h>

using namespace grading;

namespace {

constexpr const char* good = R"(title: A process for each client
tests:
  - test: Answers
    points: 5
    task: 4
    title: an answer
  - test: AnswersTwo
    points: 0
    task: 0
    title: two answers
    depends_on: [Answers]
    visibility: after_due_date
    detail: expected_and_actual
    free: true
tasks:
  - task: 4
    title: a process for each client
    hints: [one, two, three]
)";

// `good` with one piece of it replaced.
std::string with(const std::string& piece, const std::string& replacement)
{
    std::string yaml = good;
    return yaml.replace(yaml.find(piece), piece.size(), replacement);
}

std::string error_of(const std::string& yaml)
{
    try {
        parse_rubric(yaml, "02-fork.yaml");
    } catch (const RubricError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Rubric, IsRead)
{
    const Rubric rubric = parse_rubric(good, "02-fork.yaml");
    EXPECT_EQ(rubric.title, "A process for each client");
    ASSERT_EQ(rubric.tests.size(), 2U);
    EXPECT_EQ(rubric.tests[0].points, 5);
    EXPECT_EQ(rubric.tests[0].visibility, Visibility::visible);
    EXPECT_EQ(rubric.tests[0].detail, Detail::full);
    EXPECT_FALSE(rubric.tests[0].free);
    EXPECT_EQ(rubric.tests[1].depends_on, std::vector<std::string>{"Answers"});
    EXPECT_EQ(rubric.tests[1].visibility, Visibility::after_due_date);
    EXPECT_EQ(rubric.tests[1].detail, Detail::expected_and_actual);
    EXPECT_TRUE(rubric.tests[1].free);
    EXPECT_EQ(rubric.find_task(4)->hints[2], "three");
    EXPECT_EQ(rubric.find("Nothing"), nullptr);
    EXPECT_EQ(rubric.find_task(1), nullptr);
}

TEST(Rubric, NamesThePlaceOfAnErrorAndWhatToDo)
{
    EXPECT_EQ(
        error_of(with("points: 5", "point: 5")),
        "02-fork.yaml:3: a test lacks 'points'; add it\n"
        "02-fork.yaml:4: 'point' is no key of a test; the keys are: depends_on, detail, free, "
        "points, task, test, title, visibility");
    EXPECT_EQ(error_of(with("points: 5", "points: 2.5")),
              "02-fork.yaml:4: a whole number is wanted here, 0 or more; correct it");
    EXPECT_EQ(error_of(with("hints: [one, two, three]", "hints: [one, two]")),
              "02-fork.yaml:18: a task has exactly three hints, not 2; rewrite them");
    EXPECT_EQ(error_of(with("after_due_date", "later")),
              "02-fork.yaml:12: 'later' must be one of: visible, after_due_date, after_published, "
              "hidden");
    EXPECT_EQ(error_of(with("free: true", "free: perhaps")),
              "02-fork.yaml:14: 'true' or 'false' is wanted here; write one of them");
}

TEST(Rubric, IsConsistent)
{
    EXPECT_EQ(error_of(with("[Answers]", "[Answer]")),
              "02-fork.yaml:7: test 'AnswersTwo' depends on 'Answer', which is no test of this "
              "file; correct the name");
    EXPECT_EQ(error_of(with("task: 4\n    title: an", "task: 5\n    title: an")),
              "02-fork.yaml:3: test 'Answers' is of task 5, which is not under 'tasks'; add it "
              "there, or write 0");
    EXPECT_EQ(error_of(with("test: AnswersTwo", "test: Answers")),
              "02-fork.yaml:7: test 'Answers' stands twice; delete one\n"
              "02-fork.yaml:7: test 'Answers' depends on itself; break the circle");
    EXPECT_EQ(error_of(with("title: an answer", "title: an answer\n    depends_on: [AnswersTwo]")),
              "02-fork.yaml:3: test 'Answers' depends on itself; break the circle\n"
              "02-fork.yaml:8: test 'AnswersTwo' depends on itself; break the circle");
}

TEST(Rubric, OfAnotherShapeIsRefusedInOneLine)
{
    for (const char* yaml : {"", "[]", "title", "title: [", "tests: 3\ntitle: x\ntasks: []",
                             "title: x\ntitle: y\ntests: []\ntasks: []", "title: {a: b}", "\t- x",
                             "? [a]\n: b", "tests: [1, [], {}]", "&a [*a]", "title: \xff\xfe"}) {
        EXPECT_EQ(error_of(yaml).rfind("02-fork.yaml:", 0), 0U) << yaml << "\n" << error_of(yaml);
    }
    EXPECT_THROW(load_rubric("no/such/rubric.yaml"), RubricError);
    EXPECT_THROW(load_rubric("."), RubricError);
}

TEST(Rubric, HasARowForEachTestAndATestForEachRow)
{
    const Rubric rubric = parse_rubric(good, "02-fork.yaml");
    EXPECT_NO_THROW(check_against(rubric, {"AnswersTwo", "Answers"}));
    try {
        check_against(rubric, {"Answers", "Reaps"});
        FAIL() << "accepted";
    } catch (const RubricError& error) {
        EXPECT_STREQ(error.what(), "02-fork.yaml:7: no test is named 'AnswersTwo'; correct the "
                                   "name, or delete the row\n"
                                   "02-fork.yaml:1: test 'Reaps' has no row; add one");
    }
}

// Of equal weight in a course, unless somebody says otherwise.
TEST(Rubric, OfEachLabIsWorthAHundredPoints)
{
    const Layout layout;
    for (const std::string& lab : labs_in(layout)) {
        EXPECT_EQ(blank_record(lab, load_rubric(layout.rubric(lab))).max_score, 100) << lab;
    }
}

} // namespace
