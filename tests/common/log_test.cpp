#include "common/log.h"

#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

using namespace lab;

namespace {

// Every test leaves the level as it found it.
class Log : public testing::Test {
protected:
    void TearDown() override { set_log_level("info"); }
};

std::string logged(const std::function<void()>& body)
{
    testing::internal::CaptureStderr();
    body();
    return testing::internal::GetCapturedStderr();
}

void log_one_of_each()
{
    log_debug("a detail");
    log_info("a fact");
    log_warning("a doubt");
    log_error("a failure");
}

} // namespace

TEST_F(Log, KnowsTheNamesOfItsLevels)
{
    for (const auto* name : {"trace", "debug", "info", "warning", "error", "critical", "off"}) {
        EXPECT_TRUE(set_log_level(name)) << name;
    }
    for (const auto* name : {"", "loud", "INFO", "info ", "0"}) {
        EXPECT_FALSE(set_log_level(name)) << name;
    }
}

TEST_F(Log, StaysAsItWasAfterAWrongName)
{
    set_log_level("error");
    set_log_level("loud");
    EXPECT_EQ(logged([] { log_warning("a doubt"); }), "");
    EXPECT_NE(logged([] { log_error("a failure"); }), "");
}

TEST_F(Log, ShowsItsLevelAndWhatIsWorse)
{
    set_log_level("warning");
    const std::string text = logged(log_one_of_each);
    EXPECT_EQ(text.find("a detail"), text.npos);
    EXPECT_EQ(text.find("a fact"), text.npos);
    EXPECT_NE(text.find("warning a doubt\n"), text.npos) << text;
    EXPECT_NE(text.find("error a failure\n"), text.npos) << text;
}

TEST_F(Log, ShowsFactsButNoDetailsAtFirst)
{
    const std::string text = logged(log_one_of_each);
    EXPECT_EQ(text.find("a detail"), text.npos);
    EXPECT_NE(text.find("info a fact\n"), text.npos) << text;
}

TEST_F(Log, ShowsNothingWhenOff)
{
    set_log_level("off");
    EXPECT_EQ(logged(log_one_of_each), "");
}

TEST_F(Log, SaysWhetherDetailsAreShown)
{
    EXPECT_FALSE(logs_debug());
    set_log_level("debug");
    EXPECT_TRUE(logs_debug());
    set_log_level("trace");
    EXPECT_TRUE(logs_debug());
}

TEST_F(Log, TakesTextAsItIs)
{
    EXPECT_NE(logged([] { log_info("{} %s {0"); }).find("{} %s {0\n"), std::string::npos);
}

TEST_F(Log, SaysWhichThreadSpeaks)
{
    const std::string process = " " + std::to_string(::getpid()) + " ";
    EXPECT_NE(logged([] { log_info("main"); }).find(process + "info main\n"), std::string::npos);
    std::string thread;
    const std::string text = logged([&] {
        std::thread([&] {
            ::pthread_setname_np(::pthread_self(), "worker-7");
            thread = "worker-7 " + std::to_string(::gettid()) + " ";
            log_info("a thread");
        }).join();
    });
    EXPECT_NE(text.find(process + thread + "info a thread\n"), std::string::npos) << text;
}
