// Gradescope's "export submissions": submission_NNN folders, and submission_metadata.yml, which
// says whose they are and since when.

#include "grading/class/layouts/layouts.h"
#include "grading/class/times.h"
#include "tests/harness/report.h"

#include <set>
#include <stdexcept>

#include <yaml-cpp/yaml.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

std::string text_of(const YAML::Node& node, const char* key)
{
    // Written by Ruby, whose symbols start with a colon.
    for (const std::string& name : {std::string(":") + key, std::string(key)}) {
        if (const YAML::Node value = node[name]; value && value.IsScalar()) {
            return value.Scalar();
        }
    }
    return "";
}

YAML::Node list_of(const YAML::Node& node, const char* key)
{
    const YAML::Node value = node[std::string(":") + key];
    return value ? value : node[key];
}

std::optional<std::int64_t> time_of(const YAML::Node& submission)
{
    const std::string text = text_of(submission, "created_at");
    return text.empty() ? std::nullopt : std::optional(time_from(text));
}

// A group's work counts for each of its members.
void read_one(const fs::path& folder, const YAML::Node& submission, const Discovery& discovery)
{
    const YAML::Node submitters = list_of(submission, "submitters");
    if (!submitters || !submitters.IsSequence() || submitters.size() == 0) {
        discovery.note(folder.filename().string() + ": the metadata name no submitter, left out");
        return;
    }
    for (const YAML::Node& who : submitters) {
        const std::string sid = text_of(who, "sid");
        const std::string email = text_of(who, "email");
        const std::string name = text_of(who, "name");
        discovery.found({.id = !sid.empty()     ? sid
                               : !email.empty() ? email
                                                : name,
                         .name = name,
                         .email = email,
                         .path = folder,
                         .time = time_of(submission)});
    }
}

YAML::Node metadata(const fs::path& file)
{
    try {
        YAML::Node root = YAML::LoadFile(file.string());
        if (!root.IsMap()) {
            throw std::invalid_argument(file.string() + ": no map of submissions");
        }
        return root;
    } catch (const YAML::Exception& error) {
        throw std::invalid_argument(file.string() + ": " + error.what());
    }
}

} // namespace

void read_gradescope(const fs::path& submissions, const Discovery& discovery)
{
    const fs::path file = submissions / "submission_metadata.yml";
    const YAML::Node root = metadata(file);
    std::set<std::string> told;
    for (const auto& entry : root) {
        const auto name = entry.first.as<std::string>();
        told.insert(name);
        const fs::path folder = submissions / name;
        std::error_code error;
        if (fs::path(name).filename() != name || !fs::is_directory(folder, error)) {
            discovery.note(harness::printable(name) + ": in the metadata, but no such folder");
            continue;
        }
        try {
            read_one(folder, entry.second, discovery);
        } catch (const std::exception& problem) {
            throw std::invalid_argument(file.string() + ": " + name + ": " + problem.what());
        }
    }
    for_each_entry(submissions, discovery, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && !told.contains(name)) {
            discovery.note(name + ": not in submission_metadata.yml, so nobody's; left out");
        }
    });
}

} // namespace grading
