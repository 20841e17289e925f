#include "tests/harness/story.h"

#include <gtest/gtest.h>

namespace harness {

namespace {

Report current; // one test at a time, in one thread
int begun = 0;
std::string suspicion; // what blame() said last

[[noreturn]] void end_story(Verdict verdict, const std::string& expected, const std::string& got,
                            const std::string& cause)
{
    current.verdict = verdict;
    current.failure = Failure{expected, got, cause};
    const std::string text = expected.empty() ? got : "expected " + expected + ", got " + got;
    throw testing::AssertionException(testing::TestPartResult(
        testing::TestPartResult::kFatalFailure, __FILE__, __LINE__, text.c_str()));
}

} // namespace

void begin_story(const std::string& test)
{
    current = Report{};
    current.test = test;
    suspicion.clear();
    ++begun;
}

int stories_begun()
{
    return begun;
}

Report& story()
{
    return current;
}

void step(const std::string& text)
{
    current.steps.push_back(text);
}

void blame(const std::string& cause)
{
    suspicion = cause;
}

void fail(const std::string& expected, const std::string& got)
{
    end_story(Verdict::fail, expected, got, suspicion);
}

void inconclusive(const std::string& why)
{
    end_story(Verdict::inconclusive, "", why, "");
}

void skip(const std::string& why)
{
    end_story(Verdict::skipped, "", why, "");
}

void expect(bool fact, const std::string& expected, const std::string& got)
{
    if (!fact) {
        fail(expected, got);
    }
}

} // namespace harness
