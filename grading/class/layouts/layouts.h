// How a folder of submissions is laid out: by hand, by a platform's export, or as clones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace grading {

enum class Handing { automatic, plain, gradescope, canvas, moodle, github };

std::string_view to_string(Handing layout);
Handing handing_from(std::string_view word); // throws std::invalid_argument; says which there are

// One thing that one student handed in at one time.
struct HandedIn {
    std::string id; // unique
    std::string name{};
    std::string email{};
    std::filesystem::path path;         // a folder, an archive or a file
    std::optional<std::int64_t> time{}; // or unknown_time; without, the file's own counts
    std::int64_t number = 0;            // of those of one time, the one with the larger is later
    std::string file_name{};            // as the student called it, where the platform renames
    bool named_for_student = false;     // "grace.cpp": of whichever lab
    bool said_late = false;             // the platform says so, without saying how late
    bool typed_in = false;              // into the platform's page, instead of a file
    bool one_of_several = false;        // meant as one attempt beside others
};

struct Discovery {
    std::function<void(const HandedIn&)> found;
    std::function<void(const std::string& line)> note; // what an instructor should know
};

struct LayoutOptions {
    Handing layout = Handing::automatic;
    std::string assignment; // github: the folders are called ASSIGNMENT-USERNAME
};

// Which one this folder has.
Handing recognise(const std::filesystem::path& submissions);
// Tells of all that is there, in no order. Throws std::invalid_argument when the folder cannot be
// read, or is not what the options say.
void discover(const std::filesystem::path& submissions, const LayoutOptions& options,
              const Discovery& discovery);

// One reader a layout.
void read_plain(const std::filesystem::path& submissions, const Discovery& discovery);
void read_gradescope(const std::filesystem::path& submissions, const Discovery& discovery);
void read_canvas(const std::filesystem::path& submissions, const Discovery& discovery);
void read_moodle(const std::filesystem::path& submissions, const Discovery& discovery);
void read_github(const std::filesystem::path& submissions, const std::string& assignment,
                 const Discovery& discovery);

// Who is meant by "doejane_LATE_4711_815_lab-1.zip" and "Jane Doe_4711_assignsubmission_file_".
struct PlatformName {
    std::string name;
    std::string id;
    std::string file_name;
    bool late = false;
    std::int64_t number = 0; // of the file, at Canvas
};
std::optional<PlatformName> canvas_name(const std::string& entry);
std::optional<PlatformName> moodle_name(const std::string& entry);
// What all names start with, up to its last '-'; empty when there is nothing, or one name alone.
std::string common_assignment(const std::vector<std::string>& names);

// The visible entries of a folder that are folders or regular files; links are noted and left out.
// Says why not all of it could be read: of one student's folder that is nobody else's trouble.
using EntryAct = std::function<void(const std::filesystem::directory_entry&)>;
[[nodiscard]] std::error_code try_each_entry(const std::filesystem::path& folder,
                                             const Discovery& discovery, const EntryAct& act);
// The same of what there is nothing without: throws std::invalid_argument.
void for_each_entry(const std::filesystem::path& folder, const Discovery& discovery,
                    const EntryAct& act);

} // namespace grading
