// Each of these would let a server pass the tests of ThreadSanitizer without being looked at.
#include "grading/hidden_code.h"
#include "tests/grading/fixture.h"

using namespace grading;
namespace fs = std::filesystem;

namespace {

class HiddenCodeTest : public fixture::Repository {
protected:
    std::string hidden_in(const std::string& source)
    {
        write(root / "work/server.cpp", source);
        return hidden_in_folder(root / "work", "g++ -std=c++20 -O1 -fsanitize=thread");
    }
    std::string hidden_in_folder(const fs::path& submission, const std::string& compiler)
    {
        CompileOptions options;
        options.command = compiler + " {source} -o {program}\n";
        options.scratch = root / "scratch";
        fs::create_directories(options.scratch);
        Interrupt interrupt;
        return hidden_code(submission, options, "g++ -std=c++20 -O0 -I. {source} -o {program}\n",
                           interrupt);
    }
    void expect_hidden(const std::string& source, const std::string& where_and_what)
    {
        const auto colon = where_and_what.find(": ");
        EXPECT_EQ(hidden_in(source), where_and_what.substr(0, colon) +
                                         " hides code from ThreadSanitizer" +
                                         where_and_what.substr(colon))
            << source;
    }
};

TEST_F(HiddenCodeTest, IsWhatIsNotToBeLookedAt)
{
    expect_hidden("int n;\n__attribute__((no_sanitize(\"thread\"))) void f() { ++n; }\n",
                  "line 2: no_sanitize");
    expect_hidden("int n;\n\n[[gnu::no_sanitize_thread]] void f() { ++n; }\n",
                  "line 3: no_sanitize_thread");
    expect_hidden("__attribute__((__disable_sanitizer_instrumentation__)) void f() {}\n",
                  "line 1: __disable_sanitizer_instrumentation__");
}

TEST_F(HiddenCodeTest, IsWhatTellsTheSanitizerSomething)
{
    expect_hidden("#include <mutex>\nextern \"C\" void __tsan_acquire(void*);\n",
                  "line 2: __tsan_acquire");
    expect_hidden("extern \"C\" void AnnotateIgnoreReadsBegin(const char*, int);\n",
                  "line 1: AnnotateIgnoreReadsBegin");
    expect_hidden("extern \"C\" void AnnotateHappensBefore(const char*, int, void*);\n",
                  "line 1: AnnotateHappensBefore");
    expect_hidden("extern \"C\" void __tsan_func_entry(void*);\n", "line 1: __tsan_func_entry");
}

TEST_F(HiddenCodeTest, IsWhatOneBuildAloneHas)
{
    const std::string what = "it depends on -fsanitize=thread";
    expect_hidden("#include <mutex>\nint n;\n#ifdef __SANITIZE_THREAD__\nstd::mutex m;\n#endif\n",
                  "line 4: " + what);
    expect_hidden("#ifndef __SANITIZE_THREAD__\nint n;\n#endif\nint main() {}\n",
                  "line 2: " + what);
    expect_hidden("int n;\n#ifdef __SANITIZE_THREAD__\nint last;\n#endif\n", "line 3: " + what);
    expect_hidden("#define TEXT(x) #x\n#define TEXT_OF(x) TEXT(x)\n"
                  "bool b = sizeof(TEXT_OF(__SANITIZE_THREAD__)) == 2;\n",
                  "line 3: " + what);
}

// Neither has the build of MODE=debug what an optimized one has.
TEST_F(HiddenCodeTest, IsWhatOnlyOtherFlagsHave)
{
    const std::string what = "it is not the same without ThreadSanitizer";
    expect_hidden("int n;\n#ifdef __OPTIMIZE__\nint m;\n#endif\n", "line 3: " + what);
    expect_hidden("#define PASTE(a, b) a##b\n#if PASTE(__NO_, INLINE__)\nint m;\n#endif\n",
                  "line 3: " + what);
}

TEST_F(HiddenCodeTest, IsFoundBehindMacrosAndPastes)
{
    expect_hidden("#define PASTE(a, b) a##b\n#define QUICK PASTE(no_san, itize)(\"thread\")\n"
                  "int n;\n__attribute__((QUICK)) void f() { ++n; }\n",
                  "line 4: no_sanitize");
    expect_hidden("#define PASTE(a, b) a##b\n#if defined PASTE\n#endif\n"
                  "#ifdef __SANITIZE\\\n_THREAD__\nint n;\n#endif\n",
                  "line 6: it depends on -fsanitize=thread");
}

TEST_F(HiddenCodeTest, IsFoundInAFileThatIncludesItself)
{
    expect_hidden("#ifndef AGAIN\n#define AGAIN\n#include \"server.cpp\"\nint main() {}\n"
                  "#elif !defined DEEPER\n#define DEEPER\n#pragma GCC system_header\n"
                  "#include \"server.cpp\"\n#else\n"
                  "__attribute__((no_sanitize(\"thread\"))) void f() {}\n#endif\n",
                  "line 10: no_sanitize");
}

TEST_F(HiddenCodeTest, IsNothingThatHonestCodeHas)
{
    EXPECT_EQ(hidden_in(R"honest(#include <atomic>
#include <cassert>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <sys/select.h>
#include <thread>

#define LOG(format, ...) printf(format, ##__VA_ARGS__)
#ifdef __linux__
std::atomic<std::shared_ptr<int>> number; // in its header the sanitizer's functions are called
#endif
thread_local int mine = 0;
const char* built = __DATE__ " " __TIME__ " " __TIMESTAMP__ " " __FILE__;
#if __COUNTER__ == 0
#define FIRST
#endif
const char quote = '"';
std::atomic<bool> no_sanitized_names{"see no_sanitize in the manual"[0] == 's'};
/* Three things:
# 4 "client" 1 of 3
#1 "accept" and
# 2 give away,
# 3 "join" */
const char* text = R"(
#1 a line of a text
# 2 "serve" 2 clients
)";
int main()
{
    fd_set set;
    FD_ZERO(&set);
    assert(htons(1) != 0 && "no sanitizer");
    std::mutex mutex;
    const std::scoped_lock lock(mutex);
    std::jthread([] { LOG("client #1", "2"); }).join();
}
)honest"),
              "");
}

TEST_F(HiddenCodeTest, IsNotInTheSolution)
{
    const fs::path solution = fs::absolute("solutions/03-threads");
    EXPECT_EQ(hidden_in_folder(solution, "g++ -std=c++20 -I. -fsanitize=thread"), "");
}

} // namespace
