// The pages of a class from the folder that grade-class has filled.

#include "grading/command_line.h"
#include "grading/pages/pages.h"

#include <cstdio>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

using namespace grading;

namespace {

constexpr int exit_usage = 2;

int run_program(int argc, char* argv[])
{
    CLI::App app("Makes OUT/index.html, the page of a class, and OUT/students/ID.html.");
    std::string out;
    std::string shown = "visible";
    PagesOptions options;
    app.add_option("OUT", out, "folder with gradebook.json and records/")->required();
    app.add_option("--show", shown,
                   "what students see: visible, after_due_date or after_published; "
                   "never what is hidden")
        ->capture_default_str();
    app.add_option("--root", options.layout.root, "folder of the Makefile")->capture_default_str();
    try {
        app.parse(argc, argv);
        options.shown = visibility_from(shown);
        if (options.shown == Visibility::hidden) {
            throw std::invalid_argument("--show: what is hidden is never shown to students");
        }
    } catch (const CLI::ParseError& error) {
        return end_of_parsing(app, error, "pages");
    } catch (const std::invalid_argument& error) {
        std::cerr << "pages: " << error.what() << '\n';
        return exit_usage;
    }
    write_class_pages(out, options);
    std::cout << (std::filesystem::path(out) / "index.html").string() << '\n';
    return 0;
}

} // namespace

int main(int argc, char* argv[])
{
    try {
        return run_program(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pages: %s\n", error.what());
        return 1;
    }
}
