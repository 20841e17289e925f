// Which file of a student's folder is a lab's server.cpp. No link is followed: it could lead to
// somebody else's work.
#pragma once

#include "common/unique_fd.h"

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

// Nothing when it is a link, or cannot be read.
lab::UniqueFd open_folder(const std::filesystem::path& folder);
// Opens for reading, relative to an open folder; nothing when it is not there or a link is on the
// way.
lab::UniqueFd open_beneath(int folder, const std::filesystem::path& path);

struct Located {
    std::filesystem::path file;        // under the folder; empty: there is none
    std::vector<std::string> others{}; // that could have been meant as well
    std::string other_lab{};           // there is only a folder that is named for that
    std::string trouble{};             // what we may not or cannot read: not the student's fault
};

// In the folder itself or in the only folder within it. With one lab alone, server.cpp may stand at
// the top or in src/; with several only in a folder named for the lab: labs/02-fork, 02-fork, 02.
Located locate(const std::filesystem::path& folder, const std::string& lab, bool only_lab);

} // namespace grading
