#include "grading/class/locate.h"

#include "grading/layout.h"
#include "grading/near_miss.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr int most_wrappers = 3;

std::vector<std::string> places_of(const std::string& lab, bool only_lab)
{
    const std::string number = short_name(lab);
    std::vector<std::string> places{"labs/" + lab, lab, "labs/" + number, number};
    if (only_lab) {
        places.insert(places.end(), {"", "src"});
    }
    return places;
}

// The one folder within, as archives have it; empty when there are none or several.
fs::path only_folder_in(const fs::path& folder)
{
    fs::path only;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        std::error_code gone;
        if (name.starts_with('.') || name == "__MACOSX" ||
            !fs::is_directory(at->symlink_status(gone))) {
            continue;
        }
        if (!only.empty()) {
            return {};
        }
        only = name;
    }
    return only;
}

// "03", "03-threads": never entered while another lab is looked for.
bool is_named_for_another(const std::string& name, const std::string& lab)
{
    const auto digit = [&](std::size_t at) { return name[at] >= '0' && name[at] <= '9'; };
    const bool a_lab =
        name.size() >= 2 && digit(0) && digit(1) && (name.size() == 2 || name[2] == '-');
    return a_lab && !name.starts_with(short_name(lab));
}

// What is there under that name, even if it is no file that we would take: that is told later.
bool is_there(int folder, const fs::path& path)
{
    struct stat status {};
    const fs::path parent = path.parent_path();
    const lab::UniqueFd within = parent.empty() ? lab::UniqueFd(::fcntl(folder, F_DUPFD_CLOEXEC, 3))
                                                : open_beneath(folder, parent);
    // errno is the caller's to look at.
    return within &&
           ::fstatat(within.get(), path.filename().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

// Others of that name below it, as of a day before: in the folder of which src/ is a part, too.
void add_copies(Located& found, const fs::path& folder, const std::string& lab)
{
    constexpr std::size_t most_named = 5;
    fs::path top = found.file.parent_path();
    top = top.filename() == "src" ? top.parent_path() : top;
    std::vector<fs::path> files = visible_files(folder / top);
    std::ranges::sort(files);
    for (const fs::path& below : files) {
        const std::string file = (top / below).string();
        const bool anothers = std::ranges::any_of(
            below, [&](const fs::path& part) { return is_named_for_another(part.string(), lab); });
        if (below.filename() == "server.cpp" && !anothers && file != found.file &&
            found.others.size() < most_named &&
            std::ranges::find(found.others, file) == found.others.end()) {
            found.others.push_back(file);
        }
    }
}

} // namespace

lab::UniqueFd open_folder(const fs::path& folder)
{
    return lab::UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

lab::UniqueFd open_beneath(int folder, const fs::path& path)
{
    lab::UniqueFd at(::fcntl(folder, F_DUPFD_CLOEXEC, 3));
    for (const fs::path& part : path) {
        if (!at || part == ".." || part.is_absolute()) {
            return {};
        }
        at.reset(::openat(at.get(), part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    }
    return at;
}

Located locate(const fs::path& folder, const std::string& lab, bool only_lab)
{
    fs::path wrapper;
    for (int depth = 0; depth <= most_wrappers; ++depth) {
        const lab::UniqueFd open = open_folder(folder);
        Located found;
        for (const std::string& place : places_of(lab, only_lab)) {
            const fs::path file = wrapper / place / "server.cpp";
            if (!open || !is_there(open.get(), file)) {
                const bool ours = errno == EACCES || errno == EIO;
                found.trouble = ours ? file.string() + ": " + std::strerror(errno) : found.trouble;
                continue;
            }
            if (found.file.empty()) {
                found.file = file;
            } else {
                found.others.push_back(file.string());
            }
        }
        const fs::path next = found.file.empty() ? only_folder_in(folder / wrapper) : fs::path();
        if (is_named_for_another(next.string(), lab)) {
            found.other_lab = (wrapper / next).string();
        }
        if (!found.file.empty()) {
            add_copies(found, folder, lab);
        }
        if (next.empty() || !found.other_lab.empty()) {
            return found;
        }
        wrapper /= next;
    }
    return {};
}

} // namespace grading
