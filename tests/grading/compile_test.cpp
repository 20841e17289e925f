#include "grading/compile.h"
#include "tests/grading/fixture.h"

#include <csignal>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace grading;
namespace fs = std::filesystem;

namespace {

class CompileTest : public fixture::Repository {
protected:
    Compiled compile_folder(const fs::path& submission)
    {
        CompileOptions options;
        options.command = grading::contents_of(layout.compile_command(lab));
        options.scratch = root / "scratch";
        options.time_limit = harness::Seconds(limit);
        fs::create_directories(options.scratch);
        Interrupt interrupt;
        return compile(submission, options, interrupt);
    }
    Compiled compile_source(const std::string& source)
    {
        write(root / "work/server.cpp", source);
        return compile_folder(root / "work");
    }

    // In place of g++: a line for the shell.
    void set_compiler(const std::string& script)
    {
        write(root / "compiler", "#!/bin/sh\n" + script + "\n");
        fs::permissions(root / "compiler", fs::perms::owner_all);
        write(layout.compile_command(lab), (root / "compiler").string() + " {source} {program}");
    }

    double limit = 30;
};

TEST_F(CompileTest, MakesAProgram)
{
    const Compiled compiled = compile_source("int main() { return 0; }");
    EXPECT_EQ(compiled.outcome, Outcome::graded);
    EXPECT_TRUE(fs::exists(compiled.program));
    EXPECT_EQ(compiled.output, "");
}

TEST_F(CompileTest, ShowsWhatTheCompilerSaysOfTheStudentsOwnFile)
{
    const Compiled compiled = compile_source("int main() { return nothing; }");
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
    EXPECT_EQ(compiled.sentence, "server.cpp does not compile.");
    EXPECT_NE(compiled.output.find((root / "work/server.cpp").string() + ":1:21: error"),
              std::string::npos)
        << compiled.output;
}

TEST_F(CompileTest, SaysWhenThereIsNoSubmission)
{
    fs::create_directories(root / "empty");
    fs::create_directories(root / "folder/server.cpp");
    write(root / "file", "text");
    fs::create_directories(root / "fifo");
    fs::create_directories(root / "link");
    ASSERT_EQ(::mkfifo((root / "fifo/server.cpp").c_str(), 0600), 0);
    fs::create_symlink("/etc/passwd", root / "link/server.cpp");
    write(root / "huge/server.cpp", std::string(2'000'000, ' '));
    for (const auto& [name, why] :
         std::vector<std::pair<std::string, std::string>>{{"none", "There is no folder"},
                                                          {"file", "is not a folder"},
                                                          {"empty", "has no server.cpp"},
                                                          {"folder", "is no regular file"},
                                                          {"fifo", "is no regular file"},
                                                          {"link", "is a symbolic link"},
                                                          {"huge", "is larger than 1 MiB"}}) {
        const Compiled compiled = compile_folder(root / name);
        EXPECT_EQ(compiled.outcome, Outcome::no_submission) << name;
        EXPECT_NE(compiled.sentence.find(why), std::string::npos) << compiled.sentence;
    }
}

TEST_F(CompileTest, NamesAFileThatMayBeMeant)
{
    write(root / "work/Server.cpp", "int main() {}");
    EXPECT_EQ(compile_folder(root / "work").sentence,
              (root / "work").string() + " has no server.cpp; it holds Server.cpp: names are "
                                         "case-sensitive, rename it to server.cpp.");
}

TEST_F(CompileTest, StopsACompilerThatDoesNotEnd)
{
    limit = 0.5;
    const Compiled compiled = compile_source(
        "template <int N, int M> struct Tree {\n"
        "    static constexpr int sum = Tree<N - 1, 2 * M>::sum + Tree<N - 1, 2 * M + 1>::sum;\n"
        "};\n"
        "template <int M> struct Tree<0, M> { static constexpr int sum = 1; };\n"
        "int main() { return Tree<25, 0>::sum; }\n");
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
    EXPECT_NE(compiled.sentence.find("was stopped after"), std::string::npos) << compiled.sentence;
}

TEST_F(CompileTest, OutlivesAFileWithoutEnd)
{
    const Compiled compiled = compile_source("#include \"/dev/zero\"\nint main() {}\n");
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
}

TEST_F(CompileTest, BoundsAFloodOfErrors)
{
    std::string source;
    for (int i = 0; i < 20'000; ++i) {
        source += "unknown_" + std::to_string(i) + " value;\n";
    }
    const Compiled compiled = compile_source(source);
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
    EXPECT_LT(compiled.output.size(), 40'000U);
}

TEST_F(CompileTest, TakesGarbageForASource)
{
    const Compiled compiled = compile_source("\xff\xfe\x1b[31m\n\"" + std::string(3, '\0'));
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
}

TEST_F(CompileTest, RefusesAnOutputThatIsTooLarge)
{
    const Compiled compiled =
        compile_source("char large[100'000'000] = {1};\nint main() { return large[5]; }\n");
    EXPECT_EQ(compiled.outcome, Outcome::did_not_compile);
}

TEST_F(CompileTest, DoesNotBlameTheStudentForABadCommand)
{
    write(layout.compile_command(lab), "g++ {source} -o {program} no/such/libcommon.a");
    EXPECT_THROW(compile_source("int main() {}"), std::runtime_error);
    write(layout.compile_command(lab), "\n");
    EXPECT_THROW(compile_source("int main() {}"), std::runtime_error);
    write(layout.compile_command(lab), "no-such-compiler {source} -o {program}");
    EXPECT_THROW(compile_source("int main() {}"), std::system_error);
    write(layout.compile_command(lab), "g++ -std=c++20");
    EXPECT_THROW(compile_source("int main() {}"), std::runtime_error);
}

TEST_F(CompileTest, DoesNotBlameTheStudentForAMachineWithoutMemory)
{
    set_compiler("echo 'g++: fatal error: Killed signal terminated program cc1plus' >&2; exit 1");
    EXPECT_THROW(compile_source("int main() {}"), std::runtime_error);
}

// A small disk of our own, which nobody else sees: what is found out there ends the process that
// has it. The compiler's words alone say nothing, for a submission could have them said as well.
TEST_F(CompileTest, DoesNotBlameTheStudentForADiskWithoutRoom)
{
    write(root / "work/server.cpp",
          "char large[1'000'000] = {1};\nint main() { return large[5]; }\n");
    fs::create_directories(root / "scratch");
    enum Found : int { blamed_the_disk, blamed_the_student, no_disk, something_else };
    const auto find_out = [&] {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("room", (root / "scratch").c_str(), "tmpfs", 0, "size=400k") != 0) {
            return no_disk;
        }
        try {
            return compile_folder(root / "work").outcome == Outcome::did_not_compile
                       ? blamed_the_student
                       : something_else;
        } catch (const std::exception& error) {
            return std::string(error.what()).find("has 0 MiB left; free 64 MiB") ==
                           std::string::npos
                       ? something_else
                       : blamed_the_disk;
        }
    };
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(find_out());
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == no_disk) {
        GTEST_SKIP() << "only root, and not in every container, may mount a small disk";
    }
    EXPECT_EQ(WEXITSTATUS(status), blamed_the_disk);
}

TEST_F(CompileTest, EndsTheCompilerWhenInterrupted)
{
    write(root / "work/server.cpp", "int main() {}");
    set_compiler("sleep 1000 & sleep 1000");
    CompileOptions options;
    options.command = grading::contents_of(layout.compile_command(lab));
    options.scratch = root;
    Interrupt interrupt;
    ::raise(SIGTERM);
    EXPECT_THROW(compile(root / "work", options, interrupt), Interrupted);
}

} // namespace
