// A command as somebody types it: its words, and where its program is.

#include "tests/harness/spawn.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace harness {

namespace {

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

} // namespace

std::filesystem::path find_program(const std::string& name)
{
    if (name.find('/') != std::string::npos) {
        if (::access(name.c_str(), X_OK) != 0) {
            throw std::system_error(errno, std::generic_category(), name);
        }
        return std::filesystem::absolute(name);
    }
    const char* path = std::getenv("PATH");
    std::string_view folders = path != nullptr ? path : "/usr/bin:/bin";
    while (!folders.empty()) {
        const auto folder = folders.substr(0, folders.find(':'));
        auto candidate = std::filesystem::path(folder) / name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    }
    throw std::system_error(ENOENT, std::generic_category(), name);
}

std::vector<std::string> split_command(const std::string& line)
{
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (quote == 0 && is_space(c)) {
            in_word = false;
            continue;
        }
        if (!in_word) {
            words.emplace_back();
            in_word = true;
        }
        if (quote != 0 ? c == quote : c == '"' || c == '\'') {
            quote = quote != 0 ? '\0' : c;
        } else if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
            words.back() += line[++at];
        } else {
            words.back() += c;
        }
    }
    if (quote != 0) {
        throw std::invalid_argument("a quote is left open in: " + line);
    }
    return words;
}

} // namespace harness
