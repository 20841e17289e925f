// A submission without a server.cpp where it should be: what may be meant, and what to do.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grading {

// A name of a student's own choice, as it may stand in a list.
std::string one_line(const std::filesystem::path& name);

// Of a file's name: is it an archive that we take, and what is it called without its ending?
std::optional<std::string> archive_stem(const std::string& file_name);
// The same of the kinds that we do not take: .rar, .7z and so on.
std::optional<std::string> foreign_archive_stem(const std::string& file_name);
bool is_archive(const std::string& file_name); // one or the other
// "grace.rar is a .rar: hand in a zip or tar.gz." Of one of those.
std::string told_foreign_archive(const std::string& file_name);

// "grace" of grace.cpp, grace.cc or grace.cpp.txt.
std::optional<std::string> source_stem(const std::string& file_name);

// Below a folder, relative to it; of very many some. No link is followed.
std::vector<std::filesystem::path> visible_files(const std::filesystem::path& folder);
// Of these files the one that may be meant, and what to do, fit for one line: "it holds Server.cpp:
// names are case-sensitive, rename it to server.cpp"; empty when there is none. `place` is where a
// server.cpp should be, if it is not the top.
std::string told_nearest(std::vector<std::filesystem::path> files, const std::string& place = "");

} // namespace grading
