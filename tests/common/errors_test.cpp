#include "common/errors.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace lab;

TEST(Errors, CheckPassesResultsThrough)
{
    EXPECT_EQ(check(0, "zero"), 0);
    EXPECT_EQ(check(7, "seven"), 7);
    EXPECT_EQ(check(ssize_t{1} << 40, "large"), ssize_t{1} << 40);
}

TEST(Errors, CheckSaysWhatWasAttemptedAndWhyItFailed)
{
    try {
        check(::close(-1), "close nothing");
        FAIL() << "close(-1) did not fail";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::bad_file_descriptor);
        EXPECT_STREQ(error.what(), "close nothing: Bad file descriptor");
    }
}

TEST(Errors, FailTellsTheReasonFromErrno)
{
    try {
        errno = EADDRINUSE;
        fail("bind 127.0.0.1:1060");
    } catch (const std::system_error& error) {
        EXPECT_STREQ(error.what(), "bind 127.0.0.1:1060: Address already in use");
    }
}

TEST(Errors, AProgramThatReturnsHasStatus0)
{
    testing::internal::CaptureStderr();
    EXPECT_EQ(exit_status_of([] {}), 0);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Errors, AProgramThatThrowsHasStatus1AndSaysWhy)
{
    testing::internal::CaptureStderr();
    EXPECT_EQ(exit_status_of([] { throw std::runtime_error("no luck, 100 %s"); }), 1);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "no luck, 100 %s\n");
}

TEST(ErrorsDeathTest, AStepToBeWrittenEndsWithStatus70AndSaysWhere)
{
    EXPECT_EXIT(todo(3), testing::ExitedWithCode(70),
                "errors_test.cpp:[0-9]+: TODO\\(3\\) is still to be written");
    EXPECT_EXIT(todo(12, "server.cpp", 34), testing::ExitedWithCode(70),
                "^server.cpp:34: TODO.12.");
}
