#include "grading/class/earlier_book.h"

#include "common/errors.h"
#include "common/joined.h"
#include "grading/files.h"
#include "grading/layout.h"
#include "tests/harness/report.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <unistd.h>

#include <nlohmann/json.hpp>

namespace grading {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr std::string_view prefix = "gradebook-of-";

std::string to_json(const BookOf& of)
{
    return json{{"labs", of.labs},
                {"submissions", harness::readable(of.submissions.string(), 4'096)}}
               .dump(2) +
           "\n";
}

// Nothing for one of before there was such a file.
std::optional<BookOf> book_of(const fs::path& file)
{
    try {
        const json of = json::parse(contents_of(file));
        return BookOf{of.at("labs").get<std::vector<std::string>>(),
                      of.at("submissions").get<std::string>()};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

// "gradebook-of-01-02"
std::string stem_for(const std::optional<BookOf>& of)
{
    return std::string(prefix) + (of ? lab::joined(of->labs, "-", short_name) : "before");
}

void link_unless_there(const fs::path& file, const fs::path& name)
{
    if (::link(file.c_str(), name.c_str()) == -1 && errno != EEXIST && errno != ENOENT) {
        lab::fail("keep " + file.string() + " as " + name.string());
    }
}

// Empty when there is none. Of a run that was killed hereafter, gradebook.of is ahead of its time.
fs::path kept_before(const fs::path& out, const std::string& ending)
{
    for (const fs::path& file : files_in(out, ".json")) {
        const std::string name = file.filename().string();
        if (name.starts_with(prefix) && name.ends_with(ending)) {
            return file;
        }
    }
    return {};
}

// Under a name made of what is in it: nothing is ever replaced, and the same is kept once. Links
// are whole from the first moment.
fs::path keep(const fs::path& out, const std::optional<BookOf>& of)
{
    const std::string hash = hashes_of({out / "gradebook.json"}).at(0).substr(0, 8);
    const std::string ending = "." + hash + ".json";
    if (fs::path same = kept_before(out, ending); !same.empty()) {
        return same;
    }
    fs::path kept = out / (stem_for(of) + ending);
    fs::path csv = kept;
    link_unless_there(out / "gradebook.csv", csv.replace_extension(".csv"));
    link_unless_there(out / "gradebook.json", kept);
    return kept;
}

std::string told(const std::optional<BookOf>& of, const fs::path& kept)
{
    return "the gradebook in " + kept.parent_path().string() + " was of " +
           (of ? "lab " + lab::joined(of->labs, " ", short_name) + " in " + of->submissions.string()
               : "labs and submissions that it does not name") +
           "; it is kept as " + kept.string() +
           " and .csv, and this run's takes its place (another OUT would leave it there)";
}

} // namespace

std::string keep_earlier_book(const fs::path& out, const BookOf& coming)
{
    const fs::path file = out / "gradebook.of";
    const std::optional<BookOf> before = book_of(file);
    const std::string text = to_json(coming);
    if (before && to_json(*before) == text) {
        return "";
    }
    std::string line;
    if (fs::exists(out / "gradebook.json")) {
        line = told(before, keep(out, before));
    }
    harness::write_atomically(file, text); // only now: until it is kept, it is still to be kept
    return line;
}

} // namespace grading
