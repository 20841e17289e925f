// The pages of a class from the folder that grade-class has filled.

#include "common/joined.h"
#include "grading/command_line.h"
#include "grading/pages/pages.h"
#include "grading/session.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

struct Arguments {
    std::string out;
    std::string shown = "visible";
    PagesOptions options;
};

void parse(int argc, char* argv[], CLI::App& app, Arguments& arguments)
{
    app.add_option("OUT", arguments.out, "folder with gradebook.json and records/")->required();
    app.add_option("--show", arguments.shown,
                   "what students see: visible, after_due_date or after_published; "
                   "never what is hidden")
        ->capture_default_str();
    app.add_option("--root", arguments.options.layout.root, "folder of the Makefile")
        ->capture_default_str();
    app.parse(argc, argv);
}

// What is hidden is never shown to students, and so is none of these.
Visibility shown_from(const std::string& word)
{
    constexpr std::array shown{Visibility::visible, Visibility::after_due_date,
                               Visibility::after_published};
    const auto name = [](Visibility visibility) { return to_string(visibility); };
    const auto* const found = std::ranges::find(shown, word, name);
    if (found == shown.end()) {
        throw std::invalid_argument("--show: '" + harness::printable(word) + "' is none of " +
                                    lab::joined(shown, ", ", name));
    }
    return *found;
}

int run(Arguments& arguments)
{
    const std::filesystem::path out = arguments.out;
    check_layout(arguments.options.layout, false);
    arguments.options.shown = shown_from(arguments.shown);
    if (!std::filesystem::is_regular_file(out / "gradebook.json")) {
        throw std::invalid_argument(out.string() +
                                    ": no gradebook.json there; OUT is the folder of grade-class");
    }
    write_class_pages(out, arguments.options);
    std::cout << (out / "index.html").string() << '\n';
    return exit_graded;
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    return main_of("pages", "Makes OUT/index.html, the page of a class, and OUT/students/ID.html.",
                   [argc, argv, &arguments](CLI::App& app) {
                       parse(argc, argv, app, arguments);
                       return run(arguments);
                   });
}
