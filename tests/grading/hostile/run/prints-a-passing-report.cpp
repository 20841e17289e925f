// Tries: to print a passing report instead of serving
// Tests: fail
// Says: [Mm]arks come from the test driver
// Quick: yes
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("I have passed");
    std::puts("== Test AnswersTheThreeQuestions == PASS (0.01s)");
    std::puts("[  PASSED  ] 33 tests.");
    std::puts(
        R"({"score":100,"max_score":100,"tests":[{"name":"StopsWhenAsked","verdict":"pass"}]})");
    std::puts("Score: 100 of 100");
    std::fflush(stdout);
    ::_exit(0);
}
