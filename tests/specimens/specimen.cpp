#include "tests/specimens/specimen.h"

#include "grading/files.h"
#include "grading/rubric.h"
#include "grading/thread_sanitizer.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"
#include "tests/specimens/pool.h"
#include "tests/specimens/progress.h"

#include <algorithm>

namespace specimens {

namespace fs = std::filesystem;
using namespace grading;
using harness::Command;

namespace {

// The solution with the chaff's bug in it.
void patch(Specimen& chaff, const fs::path& solution, const fs::path& patch_file,
           Interrupt& interrupt)
{
    fs::create_directories(chaff.folder);
    const Command command{.arguments = {"patch", "--batch", "--forward", "--reject-file=-",
                                        "--input=" + patch_file.string(),
                                        "--output=" + chaff.source.string(), solution.string()},
                          .directory = {}};
    Pool pool(1, interrupt);
    pool.start(command, [&](const auto& status, const std::string& output) {
        if (!status || !status->success()) {
            chaff.trouble = "its patch does not apply: " + output;
        }
    });
    pool.wait_for_all();
}

void replace(std::string& text, const std::string& from, const std::string& to)
{
    if (const auto at = text.find(from); at != std::string::npos) {
        text.replace(at, from.size(), to);
    }
}

// One of the ways in which specimens are compiled: as make does in the folder of a MODE.
struct Build {
    fs::path compile_command;
    std::string program; // its name, in the specimen's folder
};

Command compiler_for(const Specimen& specimen, const Build& build)
{
    const std::string command_line = contents_of(build.compile_command);
    Command command{.arguments = harness::split_command(command_line), .directory = {}};
    for (std::string& argument : command.arguments) {
        replace(argument, "{source}", specimen.source.string());
        replace(argument, "{program}", (specimen.folder / build.program).string());
    }
    return command;
}

// The first error of the compiler's, or whatever it says first.
std::string first_error(const std::string& output)
{
    const auto at = output.find("error: ");
    return first_line(at == std::string::npos ? output : output.substr(at));
}

// What the program of each of them depends on; empty for one that is not compiled.
std::vector<std::string> keys_of(const std::vector<Specimen>& specimens, const Build& build)
{
    std::vector<fs::path> files{build.compile_command};
    for (const std::string& word : harness::split_command(contents_of(build.compile_command))) {
        if (word.ends_with(".a")) {
            files.emplace_back(word);
        }
    }
    const std::size_t shared = files.size();
    for (const Specimen& specimen : specimens) {
        files.push_back(specimen.trouble.empty() ? specimen.source : files.front());
    }
    const auto hashes = hashes_of(files);
    std::string same_for_all;
    for (std::size_t i = 0; i < shared; ++i) {
        same_for_all += hashes[i];
    }
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < specimens.size(); ++i) {
        keys.push_back(same_for_all + hashes.at(shared + i));
    }
    return keys;
}

void compile_with(const Build& build, std::vector<Specimen>& specimens, Interrupt& interrupt)
{
    const auto keys = keys_of(specimens, build);
    Pool pool(cores(), interrupt);
    for (std::size_t i = 0; i < specimens.size(); ++i) {
        Specimen& specimen = specimens[i];
        const fs::path key_file = specimen.folder / ("key-" + build.program);
        const bool made = fs::exists(key_file) && contents_of(key_file) == keys[i];
        if (made || !specimen.trouble.empty() || !specimen.is_compiled()) {
            continue;
        }
        show("compiling " + specimen.title());
        fs::create_directories(specimen.folder);
        fs::remove(key_file);
        pool.start(compiler_for(specimen, build),
                   [&specimen, key_file, key = keys[i]](const auto& status, const auto& output) {
                       if (status && status->success()) {
                           harness::write_atomically(key_file, key);
                       } else {
                           specimen.trouble = "does not compile: " + first_error(output);
                       }
                   });
    }
    pool.wait_for_all();
    show("");
}

// How ThreadSanitizer does on this machine.
ThreadSanitizer thread_sanitizer(const Layout& layout, const std::string& lab, Interrupt& interrupt)
{
    const TemporaryFolder scratch(layout.scratch());
    CompileOptions options;
    options.command = contents_of(layout.tsan_compile_command(lab));
    options.scratch = scratch.path();
    return find_thread_sanitizer(options, interrupt);
}

} // namespace

std::string Specimen::server() const
{
    return is_compiled() ? shell_quoted((folder / "server").string())
                         : "python3 " + shell_quoted(source.string());
}

std::vector<Specimen> wheats_of(const Layout& layout, const std::string& lab)
{
    std::vector<Specimen> wheats;
    std::error_code no_folder;
    for (const auto& entry :
         fs::directory_iterator(layout.chaffs(lab).parent_path() / "wheats", no_folder)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".cpp" || file.extension() == ".py") {
            wheats.push_back(
                {file.filename().string(), std::nullopt, file,
                 layout.build / "specimens" / lab / ("wheat-" + file.stem().string())});
        }
    }
    std::ranges::sort(wheats, {}, &Specimen::name);
    return wheats;
}

std::vector<Specimen> chaffs_of(const Layout& layout, const std::string& lab, Interrupt& interrupt)
{
    std::vector<Specimen> chaffs;
    for (const KnownChaff& known : load_chaffs(layout.chaffs(lab))) {
        const fs::path folder = layout.build / "specimens" / lab / ("chaff-" + known.name);
        chaffs.push_back({known.name, known, folder / "server.cpp", folder});
        patch(chaffs.back(), layout.root / "solutions" / lab / "server.cpp",
              layout.chaffs(lab) / (known.name + ".patch"), interrupt);
    }
    return chaffs;
}

void compile_all(std::vector<Specimen>& specimens, const Layout& layout, const std::string& lab,
                 Interrupt& interrupt)
{
    compile_with({layout.compile_command(lab), "server"}, specimens, interrupt);
    if (!load_rubric(layout.rubric(lab)).thread_sanitizer) {
        return;
    }
    const ThreadSanitizer sanitizer = thread_sanitizer(layout, lab, interrupt);
    if (!sanitizer.why_none.empty()) {
        return;
    }
    compile_with({layout.tsan_compile_command(lab), "server-tsan"}, specimens, interrupt);
    for (Specimen& specimen : specimens) {
        if (specimen.is_compiled()) {
            specimen.tsan_server = sanitizer.command_for(specimen.folder / "server-tsan");
        }
    }
}

} // namespace specimens
