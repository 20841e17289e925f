// Which submissions of a class resemble each other: a ranked list, and a page with them.

#include "grading/command_line.h"
#include "grading/files.h"
#include "grading/layout.h"
#include "grading/session.h"
#include "grading/similarity/similarity.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <system_error>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

constexpr std::size_t most_listed = 20;
constexpr int least_listed = 20; // percent

struct Arguments {
    Layout layout;
    std::string submissions;
    std::string lab;
    std::string out;
    std::string handing = "auto";
    LayoutOptions options;
};

void parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    app.add_option("SUBMISSIONS", arguments.submissions,
                   "folder with the class's work, as for grade-class")
        ->required();
    app.add_option("--lab", arguments.lab, "the lab: 02 or 02-fork")->required();
    app.add_option("--out", arguments.out, "folder for the page; build/similarity/LAB by default");
    app.add_option("--layout", arguments.handing,
                   "auto, plain, gradescope, canvas, moodle or github");
    app.add_option("--assignment", arguments.options.assignment,
                   "of GitHub clones called ASSIGNMENT-USERNAME");
    app.add_option("--root", arguments.layout.root, "folder of the Makefile")
        ->capture_default_str();
    app.add_option("--build", arguments.layout.build, "build folder of a MODE")
        ->capture_default_str();
    app.parse(argc, argv);
}

void print(const std::vector<Resemblance>& pairs, const std::vector<Source>& sources)
{
    std::size_t listed = 0;
    for (const Resemblance& pair : pairs) {
        if (listed == most_listed || pair.percent() < least_listed) {
            break;
        }
        std::printf("%3zu  %3d %%  %s  %s  (%d %% and %d %% of their own, %zu tokens)\n", ++listed,
                    pair.percent(), sources[pair.a].name().c_str(), sources[pair.b].name().c_str(),
                    pair.percent_of_a, pair.percent_of_b, pair.tokens);
    }
    std::set<std::string> students;
    std::set<std::string> compared;
    for (const Source& source : sources) {
        if (source.handed_in) {
            students.insert(source.student);
        }
        if (source.handed_in && source.why_not.empty()) {
            compared.insert(source.student);
        }
    }
    for (const Source* const source : left_out(sources)) {
        std::printf("not compared: %s: %s\n", source->student.c_str(), source->why_not.c_str());
    }
    const auto alike = std::ranges::count_if(
        pairs, [](const Resemblance& pair) { return pair.percent() >= least_listed; });
    std::printf("%zu of %zu submissions compared; %td %s alike by %d %% or more%s\n",
                compared.size(), students.size(), alike, alike == 1 ? "pair is" : "pairs are",
                least_listed, listed == most_listed ? ", of which the first are listed" : "");
}

// Made anew: somebody may have worked in labs/NN.
std::string skeleton_of(const Layout& layout, const std::string& lab)
{
    return output_of({(layout.root / "grading/make_skeleton.sh").string(),
                      (layout.root / "solutions" / lab / "server.cpp").string()});
}

void make_folder(const std::filesystem::path& folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!std::filesystem::is_directory(folder, error)) {
        throw std::invalid_argument("--out " + folder.string() +
                                    " is no folder, nor can it be one: " + error.message());
    }
    check_writable("--out", folder / "similarity.html");
}

int run(const Arguments& arguments)
{
    namespace fs = std::filesystem;
    check_layout(arguments.layout, true);
    const std::string lab = find_lab(arguments.layout, arguments.lab);
    const fs::path out = arguments.out.empty()
                             ? arguments.layout.build.parent_path() / "similarity" / lab
                             : fs::path(arguments.out);
    check_outside(out, arguments.submissions);
    make_folder(out);
    LayoutOptions handing = arguments.options;
    handing.layout = handing_from(arguments.handing);
    Sources sources = find_sources(arguments.submissions, handing, lab, arguments.layout);
    for (const std::string& note : sources.notes) {
        std::printf("note: %s\n", note.c_str());
    }
    const auto pairs =
        compare(sources.all, skeleton_of(arguments.layout, lab), arguments.layout.scratch());
    print(pairs, sources.all);
    const fs::path page = out / "similarity.html";
    harness::write_atomically(page, similarity_page(lab, sources.all, pairs));
    std::printf("side by side: %s\n", page.c_str());
    return exit_graded;
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    return main_of(
        "similarity",
        "Lists pairs of submissions by how much they have in common beside the skeleton.",
        [argc, argv, &arguments](CLI::App& app) {
            parse(argc, argv, app, arguments);
            return run(arguments);
        });
}
