#include "tests/harness/server_process.h"
#include "tests/harness/story.h"
#include "tests/harness/thread_sanitizer.h"

#include <gtest/gtest.h>

using namespace harness;

namespace {

TEST(ThreadSanitizer, FindsNothingInACleanLog)
{
    EXPECT_EQ(first_finding(""), "");
    EXPECT_EQ(first_finding("12:00:00.000 4711 info connected: 127.0.0.1:4712\n"), "");
}

TEST(ThreadSanitizer, TellsARaceByItsTwoPlaces)
{
    const std::string log = R"(12:00:00.000 29678 info connected: 127.0.0.1:33070
==================
WARNING: ThreadSanitizer: data race (pid=29678)
  Read of size 8 at 0x7fffffffe2e8 by thread T1:
    #0 std::vector<int, std::allocator<int> >::size() const /usr/include/stl_vector.h:7 (s+0xa)
    #1 add_one labs/03-threads/server.cpp:47 (server+0xa6a9)
    #2 serve labs/03-threads/server.cpp:179 (server+0xa6a9)

  Previous write of size 8 at 0x7fffffffe2e8 by thread T2 (mutexes: write M12):
    #0 put(int, long) labs/03-threads/server.cpp:99 (server+0xa6b9)

  Thread T1 (tid=2, running) created by main thread at:
    #0 pthread_create <null> (libtsan.so.2+0x1)
==================
)";
    EXPECT_EQ(first_finding(log), "data race: Read at server.cpp:47, in add_one; Previous write at "
                                  "server.cpp:99, in put");
}

TEST(ThreadSanitizer, TellsWhatElseItFound)
{
    EXPECT_EQ(first_finding("WARNING: ThreadSanitizer: thread leak (pid=1)\n"), "thread leak");
    EXPECT_EQ(first_finding("WARNING: ThreadSanitizer: "), "");
}

TEST(ThreadSanitizer, FailsTheTestsOfWhoHidesCodeFromIt)
{
    begin_story("ThreadSanitizerTest");
    set_tsan_command("true", "");
    set_hidden_code("line 12 hides code from ThreadSanitizer: no_sanitize");
    EXPECT_THROW(WithThreadSanitizer(), testing::AssertionException);
    EXPECT_EQ(story().verdict, Verdict::fail);
    ASSERT_TRUE(story().failure);
    EXPECT_EQ(story().failure->got, "line 12 hides code from ThreadSanitizer: no_sanitize");
    set_hidden_code("");
    set_tsan_command("", "none in this test");
}

// A program may say in __tsan_default_options that nothing is to be reported.
TEST(ThreadSanitizer, ReportsWhateverTheProgramSaysOfIt)
{
    begin_story("ThreadSanitizerTest");
    set_tsan_command("sh -c 'echo options: $TSAN_OPTIONS >&2'", "");
    const WithThreadSanitizer with_it;
    const auto server = ServerProcess::start_only({});
    server->wait_for_death(Seconds(60));
    EXPECT_NE(server->log().find("report_bugs=1:exitcode=66"), std::string::npos) << server->log();
    set_tsan_command("", "none in this test");
}

} // namespace
