#include "grading/record.h"
#include "grading/session.h"
#include "grading/thread_sanitizer.h"
#include "tests/grading/fixture.h"

using namespace grading;
namespace fs = std::filesystem;

namespace {

class ThreadSanitizerTest : public fixture::Repository {
protected:
    ThreadSanitizerTest()
    {
        request.layout = layout;
        request.lab = lab;
        request.format = "json";
        request.out = root / "out.json";
        write(layout.students_folder(lab) / "server.cpp", "int main() {}");
        write(layout.rubric(lab), "thread_sanitizer: true\n" + fixture::rubric_of({"Passes"}));
        // Notes what it was told.
        write(layout.driver(lab),
              "#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$(dirname \"$0\")/told\"\n" +
                  fixture::driver_script.substr(sizeof("#!/bin/sh")));
        fs::permissions(layout.driver(lab), fs::perms::owner_all);
    }
    void use_compiler(const std::string& flags)
    {
        write(layout.tsan_compile_command(lab), "g++ " + flags + " {source} -o {program}\n");
    }
    // The words of the driver's command line that begin so.
    [[nodiscard]] std::string told(const std::string& flag) const
    {
        const fs::path file = layout.driver(lab).parent_path() / "told";
        const std::string words = fs::exists(file) ? contents_of(file) : "";
        const auto at = words.find(flag);
        return at == std::string::npos ? "" : words.substr(at, words.find('\n', at) - at);
    }

    Request request;
};

TEST_F(ThreadSanitizerTest, BuildsASecondServer)
{
    use_compiler("-std=c++20"); // any build will do
    EXPECT_EQ(grade_one(request), exit_graded);
    EXPECT_NE(told("--tsan-server=").find("/tsan-server"), std::string::npos);
    EXPECT_EQ(told("--no-tsan="), "");
}

TEST_F(ThreadSanitizerTest, SaysWhyThereIsNone)
{
    use_compiler("-fsanitize=nothing-of-the-kind");
    EXPECT_EQ(grade_one(request), exit_graded);
    EXPECT_EQ(told("--tsan-server="), "");
    EXPECT_NE(told("--no-tsan=").find("this compiler has no ThreadSanitizer"), std::string::npos);
}

TEST_F(ThreadSanitizerTest, HasNoneForAServerOfAnotherLanguage)
{
    request.server = "python3 server.py";
    EXPECT_EQ(grade_one(request), exit_graded);
    EXPECT_NE(told("--no-tsan=").find("only a server.cpp"), std::string::npos);
}

TEST_F(ThreadSanitizerTest, LetsNoSubmissionOptOut)
{
    use_compiler("-std=c++20 -DSECOND_BUILD");
    write(layout.students_folder(lab) / "server.cpp",
          "#ifdef SECOND_BUILD\n#error not with me\n#endif\nint main() {}\n");
    EXPECT_EQ(grade_one(request), exit_graded);
    EXPECT_EQ(load_record(request.out).outcome, Outcome::did_not_compile);
    EXPECT_NE(load_record(request.out).sentence.find("-fsanitize=thread"), std::string::npos);
}

TEST_F(ThreadSanitizerTest, IsNotAskedForByOtherLabs)
{
    write(layout.rubric(lab), fixture::rubric_of({"Passes"}));
    EXPECT_EQ(grade_one(request), exit_graded); // there is no command to compile with
    EXPECT_EQ(told("--tsan-server="), "");
}

} // namespace
