#include "grading/given.h"

#include "grading/files.h"

#include <algorithm>
#include <string_view>

namespace grading {

namespace fs = std::filesystem;

namespace {

// "after_01" of common/after_01/x.h, "" of common/x.h.
std::string part_of(const fs::path& header, const fs::path& common)
{
    const fs::path inside = header.lexically_relative(common);
    return inside.has_parent_path() ? inside.begin()->string() : "";
}

bool is_linked(const std::string& part, const std::vector<std::string>& command)
{
    return std::ranges::any_of(
        command, [&](const fs::path& word) { return word.filename() == "lib" + part + ".a"; });
}

} // namespace

std::vector<fs::path> given_headers(const fs::path& common, const std::vector<std::string>& command)
{
    std::vector<fs::path> headers = files_below(common, ".h");
    std::erase_if(headers, [&](const fs::path& header) {
        const std::string part = part_of(header, common);
        return part == "clients" || (part.starts_with("after_") && !is_linked(part, command));
    });
    return headers;
}

std::string missed(const std::string& compiler_output, const fs::path& root)
{
    constexpr std::string_view before = "fatal error: ";
    constexpr std::string_view after = ": No such file";
    const auto start = compiler_output.find(before);
    const auto end = compiler_output.find(after, start);
    if (start == std::string::npos || end == std::string::npos) {
        return "";
    }
    const auto name = start + before.size();
    const std::string file = compiler_output.substr(name, end - name);
    const bool ours = file.starts_with("common/") && file.find("..") == std::string::npos;
    return ours && fs::exists(root / file) ? file : "";
}

} // namespace grading
