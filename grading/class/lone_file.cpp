#include "grading/class/lone_file.h"

#include "grading/layout.h"
#include "grading/near_miss.h"

#include <filesystem>

namespace grading {

namespace {

// What was called "server" and is called "server-1", because Canvas knew such a file already.
std::string without_count(const std::string& stem)
{
    const auto end = stem.find_last_not_of("0123456789");
    const bool counted = end != std::string::npos && end + 1 < stem.size() && stem[end] == '-';
    return counted ? stem.substr(0, end) : stem;
}

} // namespace

bool is_server_of(const std::string& lab, const HandedIn& file, bool only_lab)
{
    const std::filesystem::path name(file.file_name);
    if (name.extension() != ".cpp") {
        return false;
    }
    const std::string stem = name.stem().string();
    const auto names_it = [&](const std::string& word) {
        return means(word, lab) || (only_lab && word == "server");
    };
    return file.named_for_student ? only_lab : names_it(stem) || names_it(without_count(stem));
}

std::string told_lone_file(const HandedIn& file, const std::vector<std::string>& labs)
{
    const std::string name = one_line(file.file_name);
    if (const std::string& first = labs.front(); labs.size() > 1) {
        return "which lab the file " + name + " is for cannot be told: " +
               (file.named_for_student ? "hand in a folder or an archive with " + first +
                                             "/server.cpp and the like in it."
                                       : "name it for its lab, as " + first + ".cpp.");
    }
    return "the file " + name + " is not called " +
           (file.named_for_student ? one_line(file.id) + ".cpp" : "server.cpp") +
           ": if that is the server, rename it.";
}

} // namespace grading
