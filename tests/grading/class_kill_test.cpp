// SIGKILL of the runner, of a grade, of a driver, at random instants: nothing is lost, nothing is
// done twice, and the gradebook is that of a run that nobody disturbed. KILLS=100 for more of them,
// SEED=… to repeat one.

#include "tests/grading/class_fixture.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>

using namespace grading;
namespace fs = std::filesystem;

namespace {

constexpr int students = 12;
constexpr unsigned jobs = 2;

long number_from(const char* name, long otherwise)
{
    const char* const text = std::getenv(name);
    return text != nullptr ? std::atol(text) : otherwise;
}

class KillTest : public fixture::Class {
protected:
    KillTest()
    {
        for (int i = 0; i < students; ++i) {
            const std::string who = "student" + std::to_string(i);
            const std::string text = i % 5 == 0 ? "broken" : i % 3 == 0 ? "Alpha" : "Alpha Gamma";
            submit(who, "01-one", text + " " + who);
            submit(who, "02-two", "Beta " + who);
        }
    }
    [[nodiscard]] harness::Command whole_run() const
    {
        return command({"--submissions", submissions.string(), "--out", out.string(), "--jobs",
                        std::to_string(jobs)});
    }
    harness::Seconds some_time(double most)
    {
        return harness::Seconds(std::uniform_real_distribution<>(0, most)(random));
    }
    // The runner, one of its grades, or a driver: what is alive at that instant.
    pid_t victim(pid_t runner)
    {
        std::vector<pid_t> alive{runner};
        for (const pid_t grade : harness::children_of(runner)) {
            alive.push_back(grade);
            for (const pid_t driver : harness::children_of(grade)) {
                alive.push_back(driver);
            }
        }
        return alive.at(std::uniform_int_distribution<std::size_t>(0, alive.size() - 1)(random));
    }
    // One run with one kill in it. Returns whether it came to its end.
    bool disturbed_run(double usual_seconds)
    {
        auto runner = harness::spawn(whole_run());
        if (!runner.wait(some_time(usual_seconds))) {
            ::kill(victim(runner.pid()), SIGKILL);
            ++kills;
        }
        const auto status = runner.wait(harness::Seconds(120));
        EXPECT_TRUE(status);
        harness::kill_descendants(); // what the runner could not take with it
        return status && status->success();
    }

    std::mt19937 random; // NOLINT: seeded in the test
    long kills = 0;
};

TEST_F(KillTest, LosesNothingAndRepeatsNothing)
{
    const long wanted = number_from("KILLS", 10);
    const long seed = number_from("SEED", static_cast<long>(std::random_device()()));
    std::cout << "SEED=" << seed << '\n';
    random.seed(static_cast<unsigned>(seed));

    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(harness::spawn(whole_run()).wait(harness::Seconds(120))->success());
    const std::chrono::duration<double> usual = std::chrono::steady_clock::now() - start;
    const std::string json = contents_of(out / "gradebook.json");
    const std::string csv = contents_of(out / "gradebook.csv");
    const long units = compilations();
    const std::size_t all = records();

    long rounds = 0;
    for (; kills < wanted; ++rounds) {
        fs::remove_all(out);
        fs::remove(root / "compiled");
        const long before = kills;
        while (kills < wanted && !disturbed_run(usual.count())) {
        }
        ASSERT_TRUE(harness::spawn(whole_run()).wait(harness::Seconds(120))->success());
        EXPECT_EQ(contents_of(out / "gradebook.json"), json);
        EXPECT_EQ(contents_of(out / "gradebook.csv"), csv);
        EXPECT_EQ(records(), all);
        EXPECT_TRUE(fs::is_empty(out / "scratch"));
        // A kill costs what was under way, and nothing that was done.
        EXPECT_LE(compilations(), units + (kills - before) * jobs);
    }
    std::cout << kills << " kills in " << rounds << " rounds of " << units << " units, in "
              << usual.count() << " s each\n";
}

} // namespace
