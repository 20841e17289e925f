#include "grading/identity.h"

#include "grading/files.h"
#include "grading/given.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <stdexcept>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t submission_part = 32;
constexpr std::size_t other_part = 16;

void add_if_there(std::vector<fs::path>& files, const fs::path& file)
{
    if (fs::exists(file)) {
        files.push_back(file);
    }
}

// The libraries of ours that a compile command names.
void add_libraries(std::vector<fs::path>& files, const std::string& command)
{
    for (const std::string& word : harness::split_command(command)) {
        if (word.ends_with(".a")) {
            add_if_there(files, word);
        }
    }
}

std::string hash_of_all(std::string text, const std::vector<fs::path>& files, const Hasher& hasher)
{
    for (const std::string& hash : hasher(files)) {
        text += hash + "\n";
    }
    return hash_of_text(text);
}

bool is_hex(const std::string& text)
{
    return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

std::string suite_hash(const Layout& layout, const std::string& lab, const Hasher& hasher)
{
    std::vector<fs::path> files{layout.driver(lab), layout.rubric(lab)};
    add_if_there(files, layout.driver(lab).parent_path() / "errno_watch.so");
    return hash_of_all("", files, hasher);
}

std::string toolchain_hash(const Layout& layout, const std::string& lab, const Rubric& rubric,
                           const Hasher& hasher)
{
    const std::string command = contents_of(layout.compile_command(lab));
    const std::vector<std::string> words = harness::split_command(command);
    std::vector<fs::path> files = given_headers(layout.root / "common", words);
    add_libraries(files, command);
    std::string text = command + output_of({words.at(0), "--version"});
    if (rubric.thread_sanitizer && fs::exists(layout.tsan_compile_command(lab))) {
        const std::string second = contents_of(layout.tsan_compile_command(lab));
        add_libraries(files, second);
        text += second;
    }
    return hash_of_all(text, files, hasher);
}

std::string record_key(const Hashes& hashes)
{
    for (const std::string* const hash : {&hashes.submission, &hashes.suite, &hashes.toolchain}) {
        if (hash->size() < submission_part || !is_hex(*hash)) {
            throw std::invalid_argument("a hash is missing: there is no key without it");
        }
    }
    return hashes.submission.substr(0, submission_part) + "-" + hashes.suite.substr(0, other_part) +
           "-" + hashes.toolchain.substr(0, other_part);
}

KeyParts parts_of(const std::string& key)
{
    const bool right = key.size() == submission_part + 2 * other_part + 2 &&
                       key[submission_part] == '-' && key[submission_part + other_part + 1] == '-';
    KeyParts parts;
    if (right) {
        parts = {key.substr(0, submission_part), key.substr(submission_part + 1, other_part),
                 key.substr(submission_part + other_part + 2)};
    }
    if (!right || !is_hex(parts.submission + parts.suite + parts.toolchain)) {
        throw std::invalid_argument("'" + harness::readable(key, 100) + "' is no record's key");
    }
    return parts;
}

} // namespace grading
