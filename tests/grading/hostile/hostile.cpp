// Hands in what a hostile student could, and looks whether the jail holds.
//
//     hostile [--only NAME] [--quick]: a table, then an honest submission that nobody has touched
//     hostile watch: the part of it that runs in the cage
//
// What a submission looks like: README.md beside this file.

#include "tests/grading/hostile/cage.h"
#include "tests/grading/hostile/judge.h"
#include "tests/grading/hostile/submission.h"
#include "tests/grading/hostile/tree.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace {

using namespace hostile;
namespace fs = std::filesystem;

constexpr int exit_problems = 1;
constexpr int exit_usage = 2;
constexpr int exit_broken = 3;
constexpr int exit_interrupted = 130;
constexpr const char* lab = "01-iterative";
constexpr const char* row = "%-28s %-68s %-15s %-14s %5s\n"; // of the table

struct Arguments {
    grading::Layout layout;
    std::vector<std::string> only;
    std::string tier; // empty: what the grader takes
    bool quick = false;
    bool without_namespaces = false;
    bool list = false;
    fs::path out;                    // of watch
    std::vector<std::string> grader; // of watch
};

class Session {
public:
    explicit Session(const Arguments& arguments);
    int run();

private:
    [[nodiscard]] std::vector<std::string> grader_for(const fs::path& submission,
                                                      const fs::path& out,
                                                      const std::vector<std::string>& only) const;
    Judgement try_out(const Submission& submission);
    void print(const Submission& submission, const Judgement& judgement);
    // The solution, as an honest student's; its record.
    grading::Record grade_honest(const std::string& name);
    bool compare(const grading::Record& before, const grading::Record& after);

    const Arguments& arguments_;
    grading::Interrupt interrupt_;
    Tree tree_;
    Places places_;
    std::size_t contained_ = 0;
    std::size_t wrong_ = 0;
};

Session::Session(const Arguments& arguments)
    : arguments_(arguments), tree_(arguments.layout, lab, arguments.layout.build / "hostile")
{
    const fs::path secret_file = tree_.folder_for("bait") / "secret.txt";
    harness::write_atomically(secret_file, std::string("#error ") + secret + "\n");
    fs::permissions(secret_file, fs::perms(0444));
    places_ = {{"ROOT", tree_.path().string()},
               {"SECRET_FILE", secret_file.string()},
               {"NEIGHBOUR_PORT", std::to_string(neighbour_port)}};
}

std::vector<std::string> Session::grader_for(const fs::path& submission, const fs::path& out,
                                             const std::vector<std::string>& only) const
{
    const fs::path grade = fs::absolute(arguments_.layout.build / "grading/grade");
    std::vector<std::string> words{grade.string(),
                                   "--lab",
                                   lab,
                                   "--build",
                                   arguments_.layout.build.string(),
                                   "--submission",
                                   submission.string(),
                                   "--record",
                                   (out / "record.json").string(),
                                   "--out",
                                   (out / "report.txt").string()};
    for (const std::string& test : only) {
        words.insert(words.end(), {"--only", test});
    }
    if (!arguments_.tier.empty()) {
        words.insert(words.end(), {"--tier", arguments_.tier});
    }
    return words;
}

Judgement Session::try_out(const Submission& submission)
{
    const fs::path out = tree_.folder_for(submission.name + ".out");
    const fs::path folder = tree_.folder_for(submission.name);
    hand_in(submission, tree_.solution(), places_, folder);
    Caging caging{.tree = tree_.path(), .out = out, .grader = {}};
    caging.grader = grader_for(fs::relative(folder, tree_.path()), out, submission.only);
    caging.without_namespaces = arguments_.without_namespaces;
    Judgement judgement = judge(submission, run_caged(caging, interrupt_), out);
    const auto changes = tree_.changes();
    judgement.escapes.insert(judgement.escapes.end(), changes.begin(), changes.end());
    return judgement;
}

void Session::print(const Submission& submission, const Judgement& judgement)
{
    const bool contained = judgement.escapes.empty();
    std::array<char, 16> seconds{};
    std::snprintf(seconds.data(), seconds.size(), "%.1f", judgement.seconds);
    std::printf(row, submission.name.c_str(), submission.tries.c_str(), judgement.verdict.c_str(),
                !contained                   ? "NOT CONTAINED"
                : judgement.problems.empty() ? "contained"
                                             : "contained, but",
                seconds.data());
    for (const std::string& escape : judgement.escapes) {
        std::printf("      it reached or left: %s\n", harness::readable(escape, 300).c_str());
    }
    for (const std::string& problem : judgement.problems) {
        std::printf("      %s\n", harness::readable(problem, 500).c_str());
    }
    std::fflush(stdout);
    contained_ += contained ? 1 : 0;
    wrong_ += contained && judgement.problems.empty() ? 0 : 1;
}

grading::Record Session::grade_honest(const std::string& name)
{
    const fs::path out = tree_.folder_for(name);
    Caging caging{.tree = tree_.path(), .out = out, .grader = {}};
    caging.grader = grader_for(fs::relative(tree_.solution().parent_path(), tree_.path()), out, {});
    caging.without_namespaces = arguments_.without_namespaces;
    const Caged caged = run_caged(caging, interrupt_);
    if (!caged.observations) {
        throw std::runtime_error("the honest submission was not graded: " + caged.ended);
    }
    return grading::load_record(out / "record.json");
}

// The marks, the verdict of every test, and the three hashes are what they were.
bool Session::compare(const grading::Record& before, const grading::Record& after)
{
    bool same = after.outcome == grading::Outcome::graded && after.score == after.max_score &&
                before.score == after.score &&
                before.hashes.submission == after.hashes.submission &&
                before.hashes.suite == after.hashes.suite &&
                before.hashes.toolchain == after.hashes.toolchain;
    for (std::size_t i = 0; i < after.tests.size(); ++i) {
        const auto& test = after.tests[i].report;
        if (test.verdict != before.tests.at(i).report.verdict) {
            std::printf("      %s was %s, is %s\n", test.test.c_str(),
                        std::string(to_string(before.tests[i].report.verdict)).c_str(),
                        std::string(to_string(test.verdict)).c_str());
            same = false;
        }
    }
    std::printf("\nan honest submission, before: %d of %d points; after: %d of %d, %s\n",
                before.score, before.max_score, after.score, after.max_score,
                same ? "every verdict and hash the same" : "NOT THE SAME");
    return same;
}

int Session::run()
{
    auto all = submissions_in("tests/grading/hostile");
    for (const std::string& name : arguments_.only) {
        if (std::ranges::find(all, name, &Submission::name) == all.end()) {
            throw std::invalid_argument("'" + name +
                                        "' is no hostile submission; --list names them");
        }
    }
    const auto before = grade_honest("honest-before");
    std::printf("sandbox tier %s\n\n", before.tier.c_str());
    std::printf(row, "name", "tries", "verdict", "contained?", "s");
    std::size_t elsewhere = 0;
    for (const Submission& submission : all) {
        const bool named = std::ranges::count(arguments_.only, submission.name) > 0;
        if ((arguments_.quick && !submission.quick) || (!arguments_.only.empty() && !named)) {
            continue;
        }
        if (!named && submission.tiers.find(before.tier) == std::string::npos) {
            std::printf("%-26s not tried: tier %s does not promise it\n", submission.name.c_str(),
                        before.tier.c_str());
            ++elsewhere;
            continue;
        }
        print(submission, try_out(submission));
    }
    const bool untouched = compare(before, grade_honest("honest-after"));
    std::printf("hostile: %zu contained, %zu not as they should, %zu not tried\n", contained_,
                wrong_, elsewhere);
    return contained_ > 0 && wrong_ == 0 && untouched ? 0 : exit_problems;
}

void add_options(CLI::App& app, Arguments& arguments)
{
    app.add_option("--build", arguments.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.add_option("--only", arguments.only, "one submission, or several with commas")
        ->delimiter(',');
    app.add_option("--tier", arguments.tier,
                   "of the jail: A, B, C or D; default: the grader's choice");
    app.add_flag("--quick", arguments.quick, "a dozen that take little time");
    app.add_flag("--without-namespaces", arguments.without_namespaces,
                 "as in a container that allows none");
    app.add_flag("--list", arguments.list, "print the names");
}

int run(int argc, char* argv[])
{
    CLI::App app("Hands in what a hostile student could, and looks whether the jail holds.");
    Arguments arguments;
    add_options(app, arguments);
    CLI::App* const inside = app.add_subcommand("watch", "the part that runs in the cage");
    inside->add_option("--out", arguments.out, "folder for what it sees")->required();
    inside->add_option("GRADER", arguments.grader, "the command to watch")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (inside->parsed()) {
        return watch(arguments.out, arguments.grader);
    }
    if (arguments.list) {
        for (const Submission& submission : submissions_in("tests/grading/hostile")) {
            std::printf("%-26s %s\n", submission.name.c_str(), submission.tries.c_str());
        }
        return 0;
    }
    harness::become_subreaper();
    return Session(arguments).run();
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run(argc, argv);
    } catch (const grading::Interrupted&) {
        return exit_interrupted;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "hostile: %s\n", error.what());
        return exit_usage;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "hostile: %s\n", error.what());
        return exit_broken;
    }
}
