// A folder of files for a web server to serve, with something beside it that nobody may see.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace harness {

class Site {
public:
    // Makes a new folder with an empty root in it, which any user may read.
    Site();
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    // The folder to be served, and the one in which it stands.
    [[nodiscard]] std::string root() const { return folder_ / "root"; }
    [[nodiscard]] std::filesystem::path folder() const { return folder_; }

    // Writes a file, making the folders that it needs; the name is relative to the root.
    void write(const std::string& name, std::string_view contents) const;
    // The same, last modified on Thu, 02 Jan 2020 03:04:05 GMT.
    void write_of_2020(const std::string& name, std::string_view contents) const;
    void make_folder(const std::string& name) const;
    void make_link(const std::string& name, const std::string& target) const;

private:
    std::filesystem::path folder_;
};

// Bytes of every value in which a missing, doubled or exchanged piece shows.
std::string patterned(std::size_t size);

} // namespace harness
