// Files below a folder, for a web server: opened so that nothing outside can be reached, and what a
// browser wants to know of them.
#pragma once

#include "common/unique_fd.h"

#include <optional>
#include <string>
#include <string_view>

namespace lab::http {

// A folder, and nothing that is not in it.
class Root {
public:
    // Throws std::system_error when it is no folder.
    explicit Root(const std::string& folder);

    // Opens for reading what `path`, which is relative to the folder, leads to. On failure errno
    // says why: EXDEV if it leads out, by "..", by an absolute path, or by a symbolic link.
    //
    // openat2(2) with RESOLVE_BENEATH where the kernel and its jail have it; elsewhere, what has
    // been opened is asked where it is (/proc/self/fd), and closed again.
    [[nodiscard]] UniqueFd open(const std::string& path) const;

    // The second of these ways alone, so that it can be tested everywhere.
    [[nodiscard]] UniqueFd open_and_look(const std::string& path) const;

private:
    UniqueFd folder_;
    std::string real_path_; // with a '/' at its end
};

// "text/html; charset=utf-8" for "index.html".
std::string_view type_of(std::string_view file_name);

// A page that lists what is in the folder, with its names escaped. Nothing: out of descriptors, or
// of memory.
std::optional<std::string> listing_page(int folder, std::string_view title);

} // namespace lab::http
