#include "tests/grading/hostile/tree.h"

#include "common/errors.h"
#include "grading/files.h"

#include <utility>

#include <sys/stat.h>

namespace hostile {

namespace fs = std::filesystem;

namespace {

constexpr const char* runs = "runs"; // not part of what must stay the same

std::string stamp_of(const fs::path& file)
{
    struct stat facts {};
    lab::check(::lstat(file.c_str(), &facts), file.string());
    return std::to_string(facts.st_ino) + " " + std::to_string(facts.st_size) + " " +
           std::to_string(facts.st_ctim.tv_sec) + "." + std::to_string(facts.st_ctim.tv_nsec);
}

} // namespace

Tree::Tree(grading::Layout layout, std::string lab, const fs::path& folder)
    : layout_(std::move(layout)), lab_(std::move(lab)), path_(fs::absolute(folder))
{
    fs::remove_all(path_);
    fs::create_directories(path_);
    copy();
    before_ = states();
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
    for (const auto& entry : fs::directory_iterator(path_)) {
        if (entry.path().filename() != runs) {
            fs::remove_all(entry);
        }
    }
    const auto tests = layout_.build / "tests";
    for (const fs::path& part :
         {fs::path("common"), fs::path("grading/rubrics"), fs::path("solutions") / lab_,
          fs::path("tests/specimens") / lab_, tests / (lab_ + "_test"), tests / "errno_watch.so",
          layout_.build / "grading", layout_.build / "compile" / lab_,
          layout_.build / "libcommon.a"}) {
        fs::create_directories((path_ / part).parent_path());
        fs::copy(part, path_ / part, fs::copy_options::recursive);
    }
    fs::create_directories(scratch());
}

fs::path Tree::scratch() const
{
    return path_ / layout_.build / "tmp";
}

void Tree::sweep()
{
    fs::remove_all(scratch());
    fs::create_directories(scratch());
}

std::map<std::string, Tree::State> Tree::states() const
{
    std::map<std::string, State> all;
    std::vector<fs::path> changed;
    for (auto at = fs::recursive_directory_iterator(path_); at != fs::end(at); ++at) {
        if (at->path() == path_ / runs) {
            at.disable_recursion_pending();
        } else if (!at->is_directory()) {
            const std::string name = fs::relative(at->path(), path_).string();
            all[name].stamp = stamp_of(at->path());
            const auto known = before_.find(name);
            if (known != before_.end() && known->second.stamp == all[name].stamp) {
                all[name].hash = known->second.hash;
            } else {
                changed.push_back(at->path());
            }
        }
    }
    const auto hashes = grading::hashes_of(changed);
    for (std::size_t i = 0; i < changed.size(); ++i) {
        all[fs::relative(changed[i], path_).string()].hash = hashes.at(i);
    }
    return all;
}

std::vector<std::string> Tree::changes()
{
    const auto now = states();
    std::vector<std::string> list;
    for (const auto& [file, state] : before_) {
        if (const auto found = now.find(file); found == now.end()) {
            list.push_back("a file that is gone: " + file);
        } else if (found->second.hash != state.hash) {
            list.push_back("a file that has changed: " + file);
        }
    }
    for (const auto& [file, state] : now) {
        if (!before_.contains(file)) {
            list.push_back("a file that was not there: " + file);
        }
    }
    if (!list.empty()) {
        copy();
        before_ = states();
    }
    return list;
}

} // namespace hostile
