#include "tests/grading/hostile/session.h"

#include "grading/files.h"
#include "tests/grading/hostile/cage.h"
#include "tests/grading/hostile/judge.h"
#include "tests/grading/hostile/submission.h"
#include "tests/grading/hostile/tree.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include <unistd.h>

namespace hostile {

namespace fs = std::filesystem;

namespace {

constexpr const char* lab = "01-iterative";
constexpr const char* row = "%-28s %-68s %-15s %-14s %5s\n"; // of the table

class Session {
public:
    explicit Session(const Options& options);
    int run();

private:
    [[nodiscard]] std::string program(const std::string& name) const; // of the grader's
    // The command that grades it; without names of tests, by all of them.
    [[nodiscard]] std::vector<std::string> grader_for(const fs::path& submission,
                                                      const fs::path& out,
                                                      const std::vector<std::string>& only) const;
    [[nodiscard]] std::vector<std::string> class_grader_for(const fs::path& submissions,
                                                            const fs::path& out) const;
    Caged run(const std::vector<std::string>& grader, const fs::path& out);
    Judgement try_out(const Submission& submission);
    Judgement try_source(const Submission& submission);
    Judgement try_archive(const Submission& submission);
    void print(const Submission& submission, const Judgement& judgement);
    bool is_wanted(const Submission& submission, const std::string& tier);
    // The solution, as an honest student's; its record.
    grading::Record grade_honest(const std::string& name);
    bool compare(const grading::Record& before, const grading::Record& after);

    const Options& options_;
    grading::Interrupt interrupt_;
    Tree tree_;
    Places places_;
    std::size_t contained_ = 0;
    std::size_t wrong_ = 0;
    std::size_t not_tried_ = 0;
};

Session::Session(const Options& options)
    : options_(options), tree_(options.layout, lab, options.layout.build / "hostile")
{
    if (options.without_namespaces && ::geteuid() == 0) {
        // As a package for such a container has it: there nothing else hides the tests.
        fs::permissions(tree_.path(), fs::perms::owner_all);
    }
    const fs::path secret_file = tree_.folder_for("bait") / "secret.txt";
    harness::write_atomically(secret_file, std::string("#error ") + secret + "\n");
    fs::permissions(secret_file, fs::perms(0444));
    places_ = {{"ROOT", tree_.path().string()},
               {"SECRET_FILE", secret_file.string()},
               {"NEIGHBOUR_PORT", std::to_string(neighbour_port)}};
}

std::string Session::program(const std::string& name) const
{
    return fs::absolute(options_.layout.build / "grading" / name).string();
}

std::vector<std::string> Session::grader_for(const fs::path& submission, const fs::path& out,
                                             const std::vector<std::string>& only) const
{
    std::vector<std::string> words{program("grade"),
                                   "--lab",
                                   lab,
                                   "--build",
                                   options_.layout.build.string(),
                                   "--submission",
                                   fs::relative(submission, tree_.path()).string(),
                                   "--record",
                                   (out / "record.json").string(),
                                   "--out",
                                   (out / "report.txt").string()};
    for (const std::string& test : only) {
        words.insert(words.end(), {"--only", test});
    }
    if (!options_.tier.empty()) {
        words.insert(words.end(), {"--tier", options_.tier});
    }
    return words;
}

// Both go by way of the copy: grade-class runs the grader that it finds there.
std::vector<std::string> Session::class_grader_for(const fs::path& submissions,
                                                   const fs::path& out) const
{
    return {program("grade-class"),
            "--lab",
            lab,
            "--build",
            options_.layout.build.string(),
            "--root",
            tree_.path().string(),
            "--submissions",
            submissions.string(),
            "--out",
            out.string()};
}

Caged Session::run(const std::vector<std::string>& grader, const fs::path& out)
{
    const Caging caging{.tree = tree_.path(),
                        .out = out,
                        .grader = grader,
                        .without_namespaces = options_.without_namespaces};
    Caged caged = run_caged(caging, interrupt_);
    if (!caged.observations) {
        tree_.sweep();
    }
    return caged;
}

// An archive is handed in beside the honest student's folder. All of them share one OUT, so that
// the honest one is graded once, and looked at each time.
Judgement Session::try_archive(const Submission& submission)
{
    const fs::path out = tree_.folder_for("class.out");
    const fs::path folder = tree_.folder_for(submission.name);
    fs::create_directories(folder / honest);
    fs::copy_file(tree_.solution(), folder / honest / "server.cpp");
    hand_in(submission, tree_.solution(), places_, folder);
    return judge_class(submission, run(class_grader_for(folder, out), out), out);
}

Judgement Session::try_source(const Submission& submission)
{
    const fs::path out = tree_.folder_for(submission.name + ".out");
    const fs::path folder = tree_.folder_for(submission.name);
    hand_in(submission, tree_.solution(), places_, folder);
    return judge(submission, run(grader_for(folder, out, submission.only), out), out);
}

Judgement Session::try_out(const Submission& submission)
{
    Judgement judgement =
        submission.phase == Phase::archive ? try_archive(submission) : try_source(submission);
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
    const Caged caged = run(grader_for(tree_.solution().parent_path(), out, {}), out);
    if (!caged.observations) {
        throw std::runtime_error("the honest submission was not graded: " + caged.ended);
    }
    if (!fs::exists(out / "record.json")) {
        throw std::runtime_error("the honest submission was not graded: " +
                                 grading::contents_of(out / "stderr"));
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

// Those that are wanted. One that is named is tried even where the tier promises nothing.
bool Session::is_wanted(const Submission& submission, const std::string& tier)
{
    if (std::ranges::count(options_.only, submission.name) > 0) {
        return true;
    }
    if (!options_.only.empty() || (options_.quick && !submission.quick)) {
        return false;
    }
    const bool promised = submission.tiers.find(tier) != std::string::npos;
    if (!promised) {
        std::printf("%-28s not tried: tier %s does not promise it\n", submission.name.c_str(),
                    tier.c_str());
        ++not_tried_;
    }
    return promised;
}

int Session::run()
{
    const auto all = submissions_in(submissions_folder);
    for (const std::string& name : options_.only) {
        if (std::ranges::find(all, name, &Submission::name) == all.end()) {
            throw std::invalid_argument("'" + harness::printable(name) +
                                        "' is no hostile submission; --list names them");
        }
    }
    const auto before = grade_honest("honest-before");
    std::printf("sandbox tier %s%s%s\n\n", before.tier.c_str(),
                before.tier_why.empty() ? "" : ", because ", before.tier_why.c_str());
    std::printf(row, "name", "tries", "verdict", "contained?", "s");
    for (const Submission& submission : all) {
        if (is_wanted(submission, before.tier)) {
            print(submission, try_out(submission));
        }
    }
    const bool untouched = compare(before, grade_honest("honest-after"));
    std::printf("hostile: %zu contained, %zu not as they should, %zu not tried\n", contained_,
                wrong_, not_tried_);
    return contained_ > 0 && wrong_ == 0 && untouched ? 0 : exit_problems;
}

} // namespace

int run_all(const Options& options)
{
    return Session(options).run();
}

} // namespace hostile
