// What of common/ a submission is given: what its compile command is linked with, and the headers
// of that. So a lab's own lesson, which the labs after it find in common/after_NN, is not in its
// reach.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

// Which headers below this folder, of those that the words of a compile command give, sorted. All
// but the clients' own, and those of an after_NN without a libafter_NN.a among the words.
std::vector<std::filesystem::path> given_headers(const std::filesystem::path& common,
                                                 const std::vector<std::string>& command);

// The file that a compiler did not find, when it is there and was not given: "common/x.h", else "".
std::string missed(const std::string& compiler_output, const std::filesystem::path& root);

} // namespace grading
