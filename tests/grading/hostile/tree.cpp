#include "tests/grading/hostile/tree.h"

#include "grading/files.h"

#include <utility>

namespace hostile {

namespace fs = std::filesystem;

namespace {

constexpr const char* runs = "runs"; // not part of what must stay the same

} // namespace

Tree::Tree(grading::Layout layout, std::string lab, const fs::path& folder)
    : layout_(std::move(layout)), lab_(std::move(lab)), path_(fs::absolute(folder))
{
    copy();
    before_ = hashes();
}

fs::path Tree::solution() const
{
    return path_ / "solutions" / lab_ / "server.cpp";
}

fs::path Tree::folder_for(const std::string& name) const
{
    fs::path folder = path_ / runs / name;
    fs::create_directories(folder);
    return folder;
}

void Tree::copy()
{
    fs::remove_all(path_);
    const auto tests = layout_.build / "tests";
    for (const fs::path& part :
         {fs::path("common"), fs::path("grading/rubrics"), fs::path("solutions") / lab_,
          fs::path("tests/specimens") / lab_, tests / (lab_ + "_test"), tests / "errno_watch.so",
          layout_.build / "compile_command", layout_.build / "libcommon.a"}) {
        fs::create_directories((path_ / part).parent_path());
        fs::copy(part, path_ / part, fs::copy_options::recursive);
    }
    fs::create_directories(path_ / layout_.build / "tmp");
}

std::map<std::string, std::string> Tree::hashes() const
{
    std::vector<fs::path> files;
    for (auto at = fs::recursive_directory_iterator(path_); at != fs::end(at); ++at) {
        if (at->path() == path_ / runs) {
            at.disable_recursion_pending();
        } else if (!at->is_directory()) {
            files.push_back(at->path());
        }
    }
    const auto values = grading::hashes_of(files);
    std::map<std::string, std::string> all;
    for (std::size_t i = 0; i < files.size(); ++i) {
        all[fs::relative(files[i], path_).string()] = values.at(i);
    }
    return all;
}

std::vector<std::string> Tree::changes()
{
    const auto now = hashes();
    std::vector<std::string> list;
    for (const auto& [file, hash] : before_) {
        const auto found = now.find(file);
        if (found == now.end() || found->second != hash) {
            list.push_back(
                (found == now.end() ? "a file that is gone: " : "a file that has changed: ") +
                file);
        }
    }
    for (const auto& [file, hash] : now) {
        if (!before_.contains(file)) {
            list.push_back("a file that was not there: " + file);
        }
    }
    if (!list.empty()) {
        copy();
    }
    return list;
}

} // namespace hostile
