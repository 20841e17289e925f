// Which submissions of a class resemble each other: a ranked list, and a page with them.

#include "grading/command_line.h"
#include "grading/files.h"
#include "grading/layout.h"
#include "grading/similarity/similarity.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

constexpr int exit_usage = 2;
constexpr std::size_t most_listed = 20;
constexpr int least_listed = 20; // percent

struct Arguments {
    Layout layout;
    std::string submissions;
    std::string lab;
    std::string out;
};

void parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    app.add_option("SUBMISSIONS", arguments.submissions,
                   "folder with the class's work, as for grade-class")
        ->required();
    app.add_option("--lab", arguments.lab, "the lab: 02 or 02-fork")->required();
    app.add_option("--out", arguments.out, "folder for the page; build/similarity/LAB by default");
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
                    pair.percent(), sources[pair.a].student.c_str(),
                    sources[pair.b].student.c_str(), pair.percent_of_a, pair.percent_of_b,
                    pair.tokens);
    }
    std::size_t compared = 0;
    for (const Source& source : sources) {
        compared += source.why_not.empty() ? 1 : 0;
        if (!source.why_not.empty()) {
            std::printf("not compared: %s: %s\n", source.student.c_str(), source.why_not.c_str());
        }
    }
    std::printf("%zu of %zu submissions compared; %zu pairs are alike by %d %% or more%s\n",
                compared, sources.size(),
                static_cast<std::size_t>(std::ranges::count_if(
                    pairs, [](const Resemblance& pair) { return pair.percent() >= least_listed; })),
                least_listed, listed == most_listed ? ", of which the first are listed" : "");
}

// Made anew: somebody may have worked in labs/NN.
std::string skeleton_of(const Layout& layout, const std::string& lab)
{
    return output_of({(layout.root / "grading/make_skeleton.sh").string(),
                      (layout.root / "solutions" / lab / "server.cpp").string()});
}

void run(const Arguments& arguments)
{
    namespace fs = std::filesystem;
    const std::string lab = find_lab(arguments.layout, arguments.lab);
    const fs::path out = arguments.out.empty()
                             ? arguments.layout.build.parent_path() / "similarity" / lab
                             : fs::path(arguments.out);
    check_outside(out, arguments.submissions);
    Sources sources = find_sources(arguments.submissions, lab, arguments.layout);
    for (const std::string& note : sources.notes) {
        std::printf("note: %s\n", note.c_str());
    }
    const auto pairs =
        compare(sources.all, skeleton_of(arguments.layout, lab), arguments.layout.scratch());
    print(pairs, sources.all);
    fs::create_directories(out);
    const fs::path page = out / "similarity.html";
    harness::write_atomically(page, similarity_page(lab, sources.all, pairs));
    std::printf("side by side: %s\n", page.c_str());
}

int run_program(int argc, char* argv[])
{
    CLI::App app("Lists pairs of submissions by how much they have in common beside the skeleton.");
    Arguments arguments;
    try {
        parse(argc, argv, app, arguments);
        run(arguments);
        return 0;
    } catch (const CLI::ParseError& error) {
        return end_of_parsing(app, error, "similarity");
    } catch (const std::invalid_argument& error) {
        std::cerr << "similarity: " << error.what() << '\n';
        return exit_usage;
    }
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run_program(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "similarity: %s\n", error.what());
        return 1;
    }
}
