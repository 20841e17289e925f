// Clones of an assignment's repositories, as gh and ghorg make them: ASSIGNMENT-USERNAME each. When
// it was handed in is what the last commit says, which is to say what its committer says.

#include "grading/class/layouts/layouts.h"

#include <algorithm>

#include <git2.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

// libgit2 reads a stranger's repository without running anything that its configuration names.
class Git {
public:
    Git()
    {
        ::git_libgit2_init();
#ifdef GIT_OPT_SET_OWNER_VALIDATION
        ::git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
#endif
    }
    ~Git()
    {
        ::git_libgit2_shutdown();
    }
    Git(const Git&) = delete;
    Git& operator=(const Git&) = delete;

    // Of the commit that is checked out.
    [[nodiscard]] static std::optional<std::int64_t> last_commit(const fs::path& folder)
    {
        git_repository* repository = nullptr;
        if (::git_repository_open_ext(&repository, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH,
                                      nullptr) != 0) {
            return std::nullopt;
        }
        std::optional<std::int64_t> time;
        git_oid id;
        git_commit* commit = nullptr;
        if (::git_reference_name_to_id(&id, repository, "HEAD") == 0 &&
            ::git_commit_lookup(&commit, repository, &id) == 0) {
            time = ::git_commit_time(commit);
            ::git_commit_free(commit);
        }
        ::git_repository_free(repository);
        return time;
    }
};

std::vector<std::string> folders_in(const fs::path& submissions, const Discovery& discovery)
{
    std::vector<std::string> names;
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        if (entry.is_directory()) {
            names.push_back(entry.path().filename().string());
        } else {
            discovery.note(entry.path().filename().string() + ": no clone, left out");
        }
    });
    std::ranges::sort(names);
    return names;
}

} // namespace

std::string common_assignment(const std::vector<std::string>& names)
{
    if (names.size() < 2) {
        return "";
    }
    std::string common = names[0];
    for (const std::string& name : names) {
        const auto end = std::ranges::mismatch(common, name).in1;
        common.erase(end, common.end());
    }
    const auto dash = common.rfind('-');
    return dash == std::string::npos ? "" : common.substr(0, dash);
}

void read_github(const fs::path& submissions, const std::string& assignment,
                 const Discovery& discovery)
{
    const std::vector<std::string> names = folders_in(submissions, discovery);
    const std::string start = !assignment.empty() ? assignment : common_assignment(names);
    if (start.empty()) {
        discovery.note("which assignment these clones are of cannot be told from their names: "
                       "each whole name is an id; --assignment NAME says better");
    } else if (assignment.empty()) {
        discovery.note("taken as clones of '" + start +
                       "', whatever follows is the id; --assignment NAME says otherwise");
    }
    const Git git;
    for (const std::string& name : names) {
        const bool fits = name.starts_with(start + "-") && name.size() > start.size() + 1;
        if (!start.empty() && !fits) {
            discovery.note(name + ": not called " + start + "-USERNAME, left out");
            continue;
        }
        discovery.found({.id = start.empty() ? name : name.substr(start.size() + 1),
                         .path = submissions / name,
                         .time = Git::last_commit(submissions / name)});
    }
}

} // namespace grading
