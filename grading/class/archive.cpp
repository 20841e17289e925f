#include "grading/class/archive.h"

#include "common/errors.h"
#include "grading/files.h"
#include "grading/jail/jail.h"
#include "grading/jail/tier.h"
#include "grading/own_time.h"
#include "tests/harness/patience.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <fcntl.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_output = std::size_t{72} << 20U;
constexpr rlim_t most_memory = rlim_t{512} << 20U;
constexpr std::size_t longest_reason = 300;

constexpr std::string_view other = "- ";     // before the name of a file that is no server.cpp
constexpr std::size_t most_others = 512'000; // bytes of names

struct Source {
    std::string path;
    std::string text;
};

[[noreturn]] void lied()
{
    throw std::runtime_error("the unpacker's answer makes no sense");
}

// "SIZE PATH\n" and the bytes, again and again; or names alone. Not trusted: the program has seen
// the archive.
std::vector<Source> sources_from(std::string_view answer)
{
    std::vector<Source> sources;
    if (answer.starts_with(other)) {
        return sources;
    }
    while (!answer.empty()) {
        const auto blank = answer.find(' ');
        const auto end = answer.find('\n');
        std::size_t size = 0;
        if (end == std::string_view::npos || blank > end ||
            std::from_chars(answer.data(), answer.data() + blank, size).ptr !=
                answer.data() + blank ||
            size > answer.size() - end - 1) {
            lied();
        }
        sources.push_back({std::string(answer.substr(blank + 1, end - blank - 1)),
                           std::string(answer.substr(end + 1, size))});
        answer.remove_prefix(end + 1 + size);
    }
    return sources;
}

// The lines of names; empty when there are sources.
std::string others_from(std::string_view answer)
{
    return std::string(answer.starts_with(other) ? answer.substr(0, most_others) : "");
}

std::vector<fs::path> others_in(const fs::path& file)
{
    std::vector<fs::path> names;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(other)) {
            names.emplace_back(line.substr(other.size()));
        }
    }
    return names;
}

// Where it is to be written: within `folder`, whatever it is called.
fs::path place_of(const Source& source, const fs::path& folder)
{
    const fs::path path(source.path);
    for (const fs::path& part : path) {
        if (part.empty() || part == "." || part == "..") {
            lied();
        }
    }
    if (path.is_absolute() || path.filename() != "server.cpp" ||
        source.path.find('\0') != std::string::npos) {
        lied();
    }
    return folder / path;
}

// What is found out once: each look takes some milliseconds.
bool can_be_jailed(const Layout& layout)
{
    static const bool able = find_tiers(layout).best() <= Tier::b;
    return able;
}

// The program that reads the archive from its stdin, with walls around it.
harness::Command unpacker(const UnpackOptions& options, double seconds, const fs::path& scratch)
{
    const fs::path program =
        fs::absolute(options.program.empty() ? options.layout.unpacker() : options.program);
    harness::Command command{.arguments = {program.string()}, .directory = {}};
    command.limits = {std::max(rlim_t{1}, static_cast<rlim_t>(seconds)), most_output, most_memory,
                      std::nullopt};
    command.drop_root = true;
    if (!can_be_jailed(options.layout)) {
        return command;
    }
    const auto number = [](rlim_t value) { return std::to_string(value); };
    return in_jail(options.layout,
                   {.folder = scratch / "jail",
                    .directory = "/tmp",
                    .readable = {program},
                    .limits = {"nproc=8:8", "core=0:0",
                               "as=" + number(most_memory) + ":" + number(most_memory),
                               "fsize=" + number(most_output) + ":" + number(most_output)}},
                   command);
}

struct Answer {
    std::string text;
    std::string rejected;
};

Answer ask(const fs::path& archive, const UnpackOptions& options)
{
    const TemporaryFolder scratch(options.layout.scratch());
    fs::permissions(scratch.path(), fs::perms(0711)); // strangers enter their jail through it
    const lab::UniqueFd input(lab::check(::open(archive.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
                                         "open " + archive.string()));
    const lab::UniqueFd output = memory_file();
    const lab::UniqueFd errors = memory_file();
    const double seconds = options.seconds * harness::measure_slowness();
    harness::Command command = unpacker(options, seconds, scratch.path());
    command.input = input.get();
    command.output = output.get();
    command.errors = errors.get();
    harness::ChildProcess process = harness::spawn(command);
    const auto status = wait_for_own_time(process, harness::Seconds(seconds),
                                          [&](harness::Seconds time) { process.wait(time); });
    if (!status || status->signal == SIGXCPU || status->signal == SIGKILL) {
        harness::kill_tree(process.pid());
        return {"", "it takes too long to unpack"};
    }
    if (!status->success()) {
        const std::string why = harness::readable(contents_of(errors.get(), 4096), longest_reason);
        return {"", why.empty() ? "the unpacker " + to_string(*status) : why};
    }
    return {contents_of(output.get(), most_output), ""};
}

void write_sources(const std::vector<Source>& sources, const fs::path& folder)
{
    fs::create_directories(folder);
    for (const Source& source : sources) {
        const fs::path place = place_of(source, folder);
        fs::create_directories(place.parent_path());
        harness::write_atomically(place, source.text);
    }
}

} // namespace

Unpacked unpack(const fs::path& archive, const fs::path& folder, const UnpackOptions& options)
{
    if (!fs::exists(folder)) {
        const TemporaryFolder fresh(folder.parent_path());
        const fs::path whole = fresh.path() / "whole";
        const Answer answer = ask(archive, options);
        write_sources(answer.rejected.empty() ? sources_from(answer.text) : std::vector<Source>(),
                      whole / "files");
        harness::write_atomically(whole / "others", others_from(answer.text));
        harness::write_atomically(whole / "rejected", answer.rejected);
        fs::rename(whole, folder);
    }
    const std::string rejected = contents_of(folder / "rejected");
    return rejected.empty() ? Unpacked{folder / "files", "", others_in(folder / "others")}
                            : Unpacked{{}, rejected};
}

} // namespace grading
