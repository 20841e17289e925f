// Small things that the grader needs of files and commands.
#pragma once

#include "common/unique_fd.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

// A folder of our own, gone with all that is in it at the end.
class TemporaryFolder {
public:
    // Below `parent`, which is made when it is missing.
    explicit TemporaryFolder(const std::filesystem::path& parent);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; } // absolute

private:
    std::filesystem::path path_;
    lab::UniqueFd lock_; // of the folder: the kernel lets go of it however we end
};

// Removes what the temporary folders of killed processes have left below `parent`: those that are
// nobody's and an hour old.
void remove_abandoned(const std::filesystem::path& parent);

// A file in memory for the output of a process, which unlike a pipe never makes it wait.
lab::UniqueFd memory_file();
// What has been written to it; of more than `most` bytes, the first and the last ones.
std::string contents_of(int memory_file, std::size_t most);
// A whole file; throws std::system_error.
std::string contents_of(const std::filesystem::path& file);

// Those of a folder whose names end so (".yaml"), sorted; none of a folder that is not there.
// Throws std::filesystem::filesystem_error for one that cannot be read: that is no empty one.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                            std::string_view extension);
// With those below it.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                               std::string_view extension);

// What a program prints on stdout. Throws std::runtime_error when it fails.
std::string output_of(const std::vector<std::string>& command);

// SHA-256 of the contents of each file, in hexadecimal.
std::vector<std::string> hashes_of(const std::vector<std::filesystem::path>& files);

std::string hash_of_text(std::string_view text);

// The text as one word of a shell's command line.
std::string shell_quoted(std::string_view text);

} // namespace grading
