// OUT/manifest.json: what is to be graded, frozen while it is. One line a unit, so that a range of
// it is read without the rest: {"key":…,"lab":…,"source":…}. Whichever engine grades, it is by
// this.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace grading {

struct Unit {
    std::string lab;
    std::string key;    // of its record: OUT/records/LAB/KEY.json
    std::string source; // folder with the server.cpp, from OUT
};

// How all of them are graded.
struct ManifestHead {
    std::filesystem::path root;  // of the repository, absolute
    std::filesystem::path build; // from root
    std::string tier = "auto";   // the sandbox: as for `grade --tier`
};

class ManifestWriter {
public:
    ManifestWriter(const std::filesystem::path& out, const ManifestHead& head);
    void add(const Unit& unit);
    // Only now is it there.
    std::size_t finish(); // how many units

private:
    std::filesystem::path file_;
    std::filesystem::path temporary_;
    std::ofstream stream_;
    std::size_t count_ = 0;
};

class ManifestReader {
public:
    // Throws std::runtime_error that names the file when it is none.
    explicit ManifestReader(const std::filesystem::path& out);
    [[nodiscard]] const ManifestHead& head() const { return head_; }
    // Nothing after the last one.
    std::optional<Unit> next();

private:
    [[noreturn]] void refuse(const std::string& why) const;

    std::filesystem::path file_;
    std::ifstream stream_;
    ManifestHead head_;
};

} // namespace grading
