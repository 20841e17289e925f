#include "grading/class/layouts/layouts.h"

#include "tests/harness/report.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 6> words{"auto",   "plain",  "gradescope",
                                                "canvas", "moodle", "github"};

bool has_git(const fs::path& folder)
{
    std::error_code error;
    return fs::is_directory(fs::symlink_status(folder / ".git", error));
}

// How the entries of a folder look, each of which may speak for a layout.
struct Looks {
    std::size_t entries = 0;
    std::size_t canvas = 0;
    std::size_t moodle = 0;
    std::size_t clones = 0;
};

void look_at(const fs::directory_entry& entry, Looks& looks)
{
    const std::string name = entry.path().filename().string();
    std::error_code error;
    const bool folder = entry.is_directory(error);
    ++looks.entries;
    looks.canvas += !folder && canvas_name(name) ? 1 : 0;
    looks.moodle += moodle_name(name) ? 1 : 0;
    looks.clones += folder && has_git(entry.path()) ? 1 : 0;
}

} // namespace

std::string_view to_string(Handing layout)
{
    return words.at(static_cast<std::size_t>(layout));
}

Handing handing_from(std::string_view word)
{
    const auto* const found = std::ranges::find(words, word);
    if (found == words.end()) {
        throw std::invalid_argument("'" + harness::printable(word) +
                                    "' is no layout; there are: auto plain gradescope canvas "
                                    "moodle github");
    }
    return static_cast<Handing>(found - words.begin());
}

std::error_code try_each_entry(const fs::path& folder, const Discovery& discovery,
                               const EntryAct& act)
{
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        std::error_code gone;
        const auto status = at->symlink_status(gone);
        if (name.starts_with('.') || name == "__MACOSX") {
            continue;
        }
        if (fs::is_directory(status) || fs::is_regular_file(status)) {
            act(*at);
        } else {
            discovery.note(at->path().string() +
                           ": neither a folder nor a file (a link?), left out");
        }
    }
    return error;
}

void for_each_entry(const fs::path& folder, const Discovery& discovery, const EntryAct& act)
{
    if (const std::error_code error = try_each_entry(folder, discovery, act)) {
        throw std::invalid_argument(folder.string() + ": " + error.message());
    }
}

Handing recognise(const fs::path& submissions)
{
    std::error_code error;
    if (fs::is_regular_file(fs::symlink_status(submissions / "submission_metadata.yml", error))) {
        return Handing::gradescope;
    }
    Looks looks;
    for_each_entry(submissions, {{}, [](const std::string&) {}},
                   [&](const auto& entry) { look_at(entry, looks); });
    // An index or a note of the instructor's may lie beside.
    const auto most = [&](std::size_t count) { return count > 0 && 2 * count > looks.entries; };
    return most(looks.moodle)                       ? Handing::moodle
           : most(looks.canvas)                     ? Handing::canvas
           : looks.clones > 1 && most(looks.clones) ? Handing::github
                                                    : Handing::plain;
}

void discover(const fs::path& submissions, const LayoutOptions& options, const Discovery& discovery)
{
    if (std::error_code error; !fs::is_directory(submissions, error)) {
        throw std::invalid_argument("there is no folder " + submissions.string() +
                                    "; SUBMISSIONS is the folder with a class's work in it");
    }
    const bool chosen = options.layout != Handing::automatic;
    const Handing layout = chosen                        ? options.layout
                           : !options.assignment.empty() ? Handing::github
                                                         : recognise(submissions);
    if (!chosen && layout != Handing::plain) {
        discovery.note("taken as " + std::string(to_string(layout)) +
                       "'s layout; --layout says otherwise");
    }
    switch (layout) {
    case Handing::gradescope:
        return read_gradescope(submissions, discovery);
    case Handing::canvas:
        return read_canvas(submissions, discovery);
    case Handing::moodle:
        return read_moodle(submissions, discovery);
    case Handing::github:
        return read_github(submissions, options.assignment, discovery);
    case Handing::plain:
    case Handing::automatic:
        return read_plain(submissions, discovery);
    }
}

} // namespace grading
