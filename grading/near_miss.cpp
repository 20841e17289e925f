#include "grading/near_miss.h"

#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr int deepest = 3;
constexpr int most_looked_at = 1'000; // entries of a folder of somebody's own making
constexpr std::array<std::string_view, 6> taken_archives{".tar.gz", ".tar.xz", ".tgz",
                                                         ".txz",    ".tar",    ".zip"};
constexpr std::array<std::string_view, 11> foreign_archives{
    ".rar", ".7z", ".tar.bz2", ".tbz2", ".tbz", ".bz2", ".tar.zst", ".zst", ".gz", ".xz", ".zipx"};
constexpr std::array<std::string_view, 6> sources{".cpp.txt", ".cpp", ".cc", ".cxx", ".c++", ".c"};

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return text;
}

template <std::size_t count>
std::optional<std::string> stem_of(const std::string& file_name,
                                   const std::array<std::string_view, count>& endings)
{
    const std::string name = lower(file_name);
    for (const std::string_view ending : endings) {
        if (name.size() > ending.size() && name.ends_with(ending)) {
            return file_name.substr(0, file_name.size() - ending.size());
        }
    }
    return std::nullopt;
}

bool may_be_meant(const std::string& file_name)
{
    return lower(file_name).starts_with("server.") || source_stem(file_name) ||
           is_archive(file_name);
}

// Rather Server.cpp than server.cpp.txt, that than main.c, and rather near the top than far below.
bool is_likelier(const fs::path& a, const fs::path& b)
{
    const auto rank = [](const fs::path& path) {
        const std::string name = lower(path.filename().string());
        const int kind = name == "server.cpp"          ? 0
                         : name.starts_with("server.") ? 1
                         : source_stem(name)           ? 2
                                                       : 3;
        return std::tuple(kind, std::distance(path.begin(), path.end()), path);
    };
    return rank(a) < rank(b);
}

std::string advice(const fs::path& path, const std::string& place)
{
    const std::string name = path.filename().string();
    if (name == "server.cpp") {
        return ": move it to " + (place.empty() ? "the top" : place);
    }
    if (is_archive(name)) {
        return ", and what is in that is not looked into: hand in what is in it";
    }
    return (lower(name) == "server.cpp" ? ": names are case-sensitive, rename it to server.cpp"
                                        : ": if that is meant, rename it to server.cpp") +
           (place.empty() ? "" : ", in " + place);
}

} // namespace

std::string one_line(const fs::path& path)
{
    std::string line;
    for (const char c : harness::readable(path.string(), 200)) {
        line += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
    }
    return line;
}

std::optional<std::string> archive_stem(const std::string& file_name)
{
    return stem_of(file_name, taken_archives);
}

std::optional<std::string> foreign_archive_stem(const std::string& file_name)
{
    return archive_stem(file_name) ? std::nullopt : stem_of(file_name, foreign_archives);
}

bool is_archive(const std::string& file_name)
{
    return archive_stem(file_name) || foreign_archive_stem(file_name);
}

std::optional<std::string> source_stem(const std::string& file_name)
{
    return stem_of(file_name, sources);
}

std::string told_foreign_archive(const std::string& file_name)
{
    const std::string stem = foreign_archive_stem(file_name).value_or(file_name);
    return one_line(file_name) + " is a " + file_name.substr(stem.size()) +
           ": hand in a zip or tar.gz.";
}

std::vector<fs::path> visible_files(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code error;
    int looked_at = 0;
    for (fs::recursive_directory_iterator at(folder, error), end;
         !error && at != end && ++looked_at <= most_looked_at; at.increment(error)) {
        const std::string name = at->path().filename().string();
        const bool hidden = name.starts_with('.') || name == "__MACOSX";
        if (hidden || at.depth() > deepest) {
            at.disable_recursion_pending();
        }
        std::error_code gone;
        if (!hidden && fs::is_regular_file(at->symlink_status(gone))) {
            files.push_back(at->path().lexically_relative(folder));
        }
    }
    return files;
}

std::string told_nearest(std::vector<fs::path> files, const std::string& place)
{
    std::erase_if(files, [](const fs::path& path) { return !may_be_meant(path.filename()); });
    const auto nearest = std::ranges::min_element(files, is_likelier);
    return nearest == files.end() ? "" : "it holds " + one_line(*nearest) + advice(*nearest, place);
}

} // namespace grading
