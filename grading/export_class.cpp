// The marks of a class into a platform's own file, from the command line.

#include "grading/class/export_class.h"

#include "grading/command_line.h"
#include "grading/layout.h"
#include "grading/session.h"
#include "tests/harness/report.h"

#include <cstdio>
#include <iostream>
#include <stdexcept>

#include <CLI/CLI.hpp>

using namespace grading;
namespace fs = std::filesystem;

namespace {

struct Arguments {
    std::string gradebook;
    std::string format;
    std::string out;
    std::string into;
    ClassExportRequest request;
};

void add_options(CLI::App& app, Arguments& arguments)
{
    app.add_option("--gradebook", arguments.gradebook,
                   "the folder that grade-class wrote, or its gradebook.json")
        ->required();
    app.add_option("--format", arguments.format, class_format_names())->required();
    app.add_option("--into", arguments.into, "canvas, moodle: the file downloaded from there");
    app.add_option("--out", arguments.out, "the new file; stdout when there is none");
    app.add_option("--lab", arguments.request.lab, "one lab alone: 02-fork");
    app.add_option("--column", arguments.request.column,
                   "the heading over the marks, when it is not found by the lab's name");
    app.footer("Formats:\n" + class_format_table());
}

// What a format has no use for is refused: it would be thought to have done something.
void check_use(const std::string& flag, const std::string& value, const ClassFormat& format,
               bool used)
{
    if (!value.empty() && !used) {
        throw std::invalid_argument(flag + " is of no use to --format " + std::string(format.name));
    }
}

// A file that is there is never replaced: it may be the only one.
void check_files(const Arguments& arguments, const ClassFormat& format)
{
    check_use("--into", arguments.into, format, format.fills);
    check_use("--column", arguments.request.column, format, format.fills);
    check_use("--lab", arguments.request.lab, format, format.takes_lab);
    if (format.fills && arguments.into.empty()) {
        throw std::invalid_argument(
            "--format " + arguments.format +
            " fills in a file: name the one downloaded from there, --into FILE "
            "(make: INTO=FILE)");
    }
    if (!arguments.into.empty() && !fs::is_regular_file(arguments.into)) {
        throw std::invalid_argument("--into " + arguments.into + ": is no file");
    }
    if (!arguments.out.empty() && fs::exists(arguments.out)) {
        throw std::invalid_argument("--out " + arguments.out +
                                    ": is there already; give the name of a new file");
    }
    if (!arguments.out.empty()) {
        check_writable("--out", arguments.out);
    }
}

Gradebook gradebook_at(const fs::path& place)
{
    try {
        return load_gradebook(fs::is_directory(place) ? place / "gradebook.json" : place);
    } catch (const std::exception& error) {
        throw std::invalid_argument(std::string("--gradebook ") + error.what());
    }
}

// "02" is a lab of this class as well.
std::string lab_in(const Gradebook& gradebook, const std::string& name)
{
    std::string list;
    for (const LabOfClass& lab : gradebook.labs) {
        if (means(name, lab.name)) {
            return lab.name;
        }
        list += " " + lab.name;
    }
    throw std::invalid_argument("--lab " + name + " is none of the gradebook's:" + list);
}

int run(Arguments& arguments)
{
    const ClassFormat& format = class_format_named(arguments.format);
    check_files(arguments, format);
    arguments.request.into = arguments.into;
    const Gradebook gradebook = gradebook_at(arguments.gradebook);
    if (!arguments.request.lab.empty()) {
        arguments.request.lab = lab_in(gradebook, arguments.request.lab);
    }
    const ClassExport result = format.make(gradebook, arguments.request);
    if (arguments.out.empty()) {
        std::cout << result.text;
    } else {
        harness::write_atomically(arguments.out, result.text);
    }
    for (const std::string& note : result.notes) {
        std::fprintf(stderr, "export-class: %s\n", note.c_str());
    }
    return result.complete ? exit_graded : exit_failed;
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    return main_of("export-class",
                   "Hands the marks of a class on. Exit status 1: not every mark found its place; "
                   "who is left out is said.",
                   [argc, argv, &arguments](CLI::App& app) {
                       add_options(app, arguments);
                       app.parse(argc, argv);
                       return run(arguments);
                   });
}
