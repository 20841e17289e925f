// Engines other than the local one, which need a cluster or a host to log in to: `make
// test-engines` starts them and runs these.

#include "grading/engines/chunks.h"
#include "tests/grading/class_fixture.h"

#include <csignal>
#include <cstdlib>

using namespace grading;
namespace fs = std::filesystem;

namespace {

TEST(Chunks, AreMinutesLongUnlessTheClassIsSmall)
{
    EXPECT_EQ(chunk_size(10'000, 10, 6), 30U);
    EXPECT_EQ(chunk_size(100, 10, 6), 3U); // four for each slot
    EXPECT_EQ(chunk_size(1, 10, 6), 1U);
    EXPECT_EQ(chunk_size(0, 0, 6), 1U);
    EXPECT_EQ(chunk_size(10'000, 10, 1'000), 1U);
}

class EngineTest : public fixture::Class {
protected:
    static constexpr std::size_t students = 24;

    EngineTest()
    {
        for (std::size_t i = 0; i < students; ++i) {
            submit("student" + std::to_string(i), "01-one", "Alpha " + std::to_string(i));
        }
        // Shared with whoever works there.
        fs::permissions(root, fs::perms(0755));
    }
    // What the local engine makes of the same class.
    [[nodiscard]] std::string undisturbed() const
    {
        EXPECT_EQ(run({"--submissions", submissions.string(), "--out", (root / "local").string(),
                       "--lab", "01"})
                      .code,
                  0);
        fs::remove(root / "compiled");
        return contents_of(root / "local/gradebook.json");
    }
    [[nodiscard]] std::size_t records_so_far() const
    {
        return fs::exists(out / "records") ? records() : 0;
    }
    // Starts a run on an engine, does something in the middle of it, and waits for its end.
    template <typename Act> void run_and(const std::vector<std::string>& engine, const Act& act)
    {
        std::vector<std::string> words{
            "--submissions", submissions.string(), "--out", out.string(), "--lab", "01"};
        words.insert(words.end(), engine.begin(), engine.end());
        const lab::UniqueFd errors = memory_file();
        harness::Command what = command(words);
        what.errors = errors.get();
        auto runner = harness::spawn(what);
        while (records_so_far() < students / 4 && !runner.wait(harness::Seconds(0.05))) {
        }
        act();
        const auto status = runner.wait(harness::Seconds(300));
        ASSERT_TRUE(status);
        EXPECT_EQ(status->code, 0) << contents_of(errors.get(), 10'000);
    }
};

TEST_F(EngineTest, DISABLED_SlurmSurvivesALostNode)
{
    const char* const node = std::getenv("NODE1_PID");
    ASSERT_NE(node, nullptr) << "run by slurm_cluster.sh";
    const std::string expected = undisturbed();
    run_and({"--engine", "slurm"}, [&] {
        EXPECT_LT(records(), students);
        ::kill(-std::atoi(node), SIGKILL);
        output_of({"scontrol", "update", "nodename=n1", "state=down", "reason=lost"});
    });
    EXPECT_EQ(records(), students);
    EXPECT_EQ(contents_of(out / "gradebook.json"), expected);
    // Only what was under way on the lost node ran again: one at a time.
    EXPECT_LE(compilations(), static_cast<long>(students) + 1);
}

TEST_F(EngineTest, DISABLED_SlurmGradesAClass)
{
    const std::string expected = undisturbed();
    run_and({"--engine", "slurm"}, [] {});
    EXPECT_EQ(contents_of(out / "gradebook.json"), expected);
    EXPECT_EQ(compilations(), static_cast<long>(students));
}

TEST_F(EngineTest, DISABLED_ParallelOverSsh)
{
    const char* const login = std::getenv("SSH_LOGIN");
    ASSERT_NE(login, nullptr) << "run by ssh_host.sh";
    const std::string expected = undisturbed();
    run_and({"--engine", "parallel", "--engine-options", "2/" + std::string(login) + " 127.0.0.1"},
            [] {});
    EXPECT_EQ(contents_of(out / "gradebook.json"), expected);
    EXPECT_EQ(compilations(), static_cast<long>(students));
}

TEST_F(EngineTest, SaysWhatAnEngineNeeds)
{
    const Ending end = grade({"--lab", "01", "--engine", "parallel"});
    EXPECT_EQ(end.code, 2);
    EXPECT_NE(end.errors.find("which machines?"), std::string::npos);
}

} // namespace
