#include "grading/class/manifest.h"

#include "grading/identity.h"
#include "tests/harness/report.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

namespace grading {

namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr const char* schema = "manifest/v1";

// A name for a file that leads nowhere else.
bool is_plain(const std::string& name)
{
    return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

Unit unit_from(const json& object)
{
    Unit unit{object.at("lab").get<std::string>(), object.at("key").get<std::string>(),
              object.at("source").get<std::string>()};
    static_cast<void>(parts_of(unit.key));
    if (!is_plain(unit.lab)) {
        throw std::invalid_argument("a unit's lab is no name");
    }
    return unit;
}

} // namespace

ManifestWriter::ManifestWriter(const fs::path& out, const ManifestHead& head)
    : file_(out / "manifest.json"), temporary_(out / "manifest.json.tmp"), stream_(temporary_)
{
    std::string text = json{
        {"schema", schema},
        {"root", head.root.string()},
        {"build", head.build.string()},
        {"tier",
         head.tier}}.dump();
    text.pop_back(); // the list of units goes on within the object
    stream_ << text << ",\"units\":[";
}

void ManifestWriter::add(const Unit& unit)
{
    stream_ << (count_ == 0 ? "\n" : ",\n")
            << json{{"lab", unit.lab}, {"key", unit.key}, {"source", unit.source}}.dump();
    ++count_;
}

std::size_t ManifestWriter::finish()
{
    stream_ << "\n]}\n";
    stream_.close();
    if (!stream_) {
        throw std::runtime_error(temporary_.string() + " cannot be written; is the disk full?");
    }
    fs::rename(temporary_, file_);
    return count_;
}

ManifestReader::ManifestReader(const fs::path& out)
    : file_(out / "manifest.json"), stream_(file_, std::ios::binary)
{
    std::string line;
    if (!std::getline(stream_, line)) {
        refuse("there is nothing in it");
    }
    try {
        const json head = json::parse(line + "]}");
        if (head.at("schema") != schema) {
            refuse("its schema is not known here");
        }
        head_ = {head.at("root").get<std::string>(), head.at("build").get<std::string>(),
                 head.at("tier").get<std::string>()};
    } catch (const json::exception& error) {
        refuse(error.what());
    }
}

std::optional<Unit> ManifestReader::next()
{
    std::string line;
    if (!std::getline(stream_, line) || line.starts_with("]")) {
        return std::nullopt;
    }
    if (line.ends_with(",")) {
        line.pop_back();
    }
    try {
        return unit_from(json::parse(line));
    } catch (const std::exception& error) {
        refuse(error.what());
    }
}

void ManifestReader::refuse(const std::string& why) const
{
    throw std::runtime_error(file_.string() + " is no manifest: " + why +
                             "; grade-class writes it anew");
}

} // namespace grading
