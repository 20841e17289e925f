#include "grading/layout.h"

#include "grading/files.h"

#include <algorithm>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

// "2" and "fork" may mean "02-fork".
bool may_mean(const std::string& word, const std::string& lab)
{
    return "0" + word == short_name(lab) || lab.ends_with("-" + word);
}

// Without a leading "./", which would be in the way in messages.
fs::path from_root(const Layout& layout, const fs::path& path)
{
    return layout.root == "." ? path : layout.root / path;
}

} // namespace

fs::path Layout::rubric(const std::string& lab) const
{
    return from_root(*this, "grading/rubrics/" + lab + ".yaml");
}

fs::path Layout::jail() const
{
    return from_root(*this, build / "grading" / "jail");
}

fs::path Layout::unpacker() const
{
    return from_root(*this, build / "grading" / "unpack");
}

fs::path Layout::driver(const std::string& lab) const
{
    return from_root(*this, build / "tests" / (lab + "_test"));
}

fs::path Layout::students_folder(const std::string& lab) const
{
    return from_root(*this, "labs/" + lab);
}

fs::path Layout::students_server(const std::string& lab) const
{
    return from_root(*this, build / "labs" / lab / "server");
}

fs::path Layout::compile_command(const std::string& lab) const
{
    return from_root(*this, build / "compile" / lab);
}

fs::path Layout::tsan_compile_command(const std::string& lab) const
{
    return from_root(*this, build.parent_path() / "tsan" / "compile" / lab);
}

fs::path Layout::students_tsan_server(const std::string& lab) const
{
    return from_root(*this, build.parent_path() / "tsan" / "labs" / lab / "server");
}

fs::path Layout::scratch() const
{
    return from_root(*this, build / "tmp");
}

fs::path Layout::chaffs(const std::string& lab) const
{
    return from_root(*this, "tests/specimens/" + lab + "/chaffs");
}

fs::path Layout::record(const std::string& lab) const
{
    return from_root(*this, "build/records/" + lab + ".json");
}

fs::path Layout::hints_shown(const std::string& lab) const
{
    return from_root(*this, "build/progress/" + lab + ".json");
}

std::string short_name(const std::string& lab)
{
    return lab.substr(0, lab.find('-'));
}

bool means(const std::string& word, const std::string& lab)
{
    return word == lab || word == short_name(lab);
}

std::string nearest_lab(const std::string& word, const std::vector<std::string>& labs)
{
    const auto near =
        std::ranges::find_if(labs, [&](const std::string& lab) { return may_mean(word, lab); });
    return near == labs.end() ? "" : "did you mean " + short_name(*near) + "?";
}

std::vector<std::string> labs_in(const Layout& layout)
{
    const fs::path folder = layout.rubric("any").parent_path();
    std::vector<std::string> labs;
    for (const fs::path& file : files_in(folder, ".yaml")) {
        labs.push_back(file.stem().string());
    }
    if (labs.empty()) {
        throw std::runtime_error("there are no rubrics in " + folder.string() +
                                 "; start this program where the Makefile is");
    }
    return labs;
}

std::string find_lab(const Layout& layout, const std::string& name)
{
    std::string list;
    const std::vector<std::string> labs = labs_in(layout);
    for (const std::string& lab : labs) {
        if (means(name, lab)) {
            return lab;
        }
        list += " " + lab;
    }
    const std::string question = nearest_lab(name, labs);
    throw std::invalid_argument("'" + name + "' is no lab; " + question +
                                (question.empty() ? "" : " ") + "there are:" + list);
}

} // namespace grading
