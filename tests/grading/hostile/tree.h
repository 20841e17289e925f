// What the grader works with, copied to a folder of its own, which an attack may reach if the jail
// lets it: then it shows.
#pragma once

#include "grading/layout.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace hostile {

class Tree {
public:
    // Copies what grading this lab needs; whatever stood in that folder is removed first.
    Tree(grading::Layout layout, std::string lab, const std::filesystem::path& folder);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; } // absolute
    [[nodiscard]] std::filesystem::path solution() const;
    // A folder for one run, which is no part of what must stay the same.
    [[nodiscard]] std::filesystem::path folder_for(const std::string& name) const;
    // Files that have come, gone or changed since the copy was made: a sentence each. They are put
    // back, so that the next one finds all as it was.
    std::vector<std::string> changes();
    // Removes what a grader that was killed had in its scratch folder.
    void sweep();

private:
    void copy();
    [[nodiscard]] std::filesystem::path scratch() const;
    struct State {
        std::string stamp; // what changes with every change: nobody can set it
        std::string hash;
    };
    [[nodiscard]] std::map<std::string, State> states() const;

    grading::Layout layout_;
    std::string lab_;
    std::filesystem::path path_;
    std::map<std::string, State> before_;
};

} // namespace hostile
