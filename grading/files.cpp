#include "grading/files.h"

#include "common/errors.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "grade.";

std::string read_at(int fd, off_t from, std::size_t count)
{
    std::string bytes(count, '\0');
    const ssize_t got = lab::check(::pread(fd, bytes.data(), count, from), "read");
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

template <class Walk>
std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension)
{
    std::vector<fs::path> files;
    if (fs::exists(folder)) {
        for (const fs::directory_entry& entry : Walk(folder)) {
            if (entry.path().extension() == extension) {
                files.push_back(entry.path());
            }
        }
    }
    std::ranges::sort(files);
    return files;
}

// Locked by us from now on; nothing if it is somebody else's, or gone.
lab::UniqueFd locked(const fs::path& folder)
{
    lab::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == -1) {
        fd.reset();
    }
    return fd;
}

[[noreturn]] void refuse(const fs::path& parent, const std::error_code& why)
{
    const std::string what = parent.string() + " cannot be written";
    if (why == std::errc::permission_denied) {
        throw std::runtime_error(what + ": " + why.message() +
                                 "; work in a copy of the repository that is yours (cp -r)");
    }
    throw std::system_error(why, what);
}

} // namespace

TemporaryFolder::TemporaryFolder(const fs::path& parent)
{
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) {
        refuse(parent, error);
    }
    std::string name = (fs::absolute(parent) / (std::string(prefix) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) {
        refuse(parent, {errno, std::generic_category()});
    }
    path_ = name;
    lock_ = locked(path_);
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

void remove_abandoned(const fs::path& parent)
{
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
        // A new one is not locked yet.
        const bool old = entry.last_write_time(ignored) <
                         fs::file_time_type::clock::now() - std::chrono::hours(1);
        if (old && entry.path().filename().string().starts_with(prefix) && locked(entry.path())) {
            fs::remove_all(entry.path(), ignored);
        }
    }
}

lab::UniqueFd memory_file()
{
    return lab::UniqueFd(lab::check(::memfd_create("output", MFD_CLOEXEC), "memfd_create"));
}

std::string contents_of(int memory_file, std::size_t most)
{
    struct stat status {};
    lab::check(::fstat(memory_file, &status), "fstat");
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size <= most) {
        return read_at(memory_file, 0, size);
    }
    const std::string head = read_at(memory_file, 0, most / 2);
    return head + "\n… " + std::to_string(size - most) + " bytes left out …\n" +
           read_at(memory_file, static_cast<off_t>(size - most / 2), most / 2);
}

std::string contents_of(const fs::path& file)
{
    const lab::UniqueFd fd(
        lab::check(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open " + file.string()));
    std::string text;
    for (std::string piece;
         !(piece = read_at(fd.get(), static_cast<off_t>(text.size()), 65'536)).empty();) {
        text += piece;
    }
    return text;
}

std::vector<fs::path> files_in(const fs::path& folder, std::string_view extension)
{
    return files_of<fs::directory_iterator>(folder, extension);
}

std::vector<fs::path> files_below(const fs::path& folder, std::string_view extension)
{
    return files_of<fs::recursive_directory_iterator>(folder, extension);
}

std::string output_of(const std::vector<std::string>& command)
{
    const lab::UniqueFd output = memory_file();
    const lab::UniqueFd errors = memory_file();
    harness::Command what{.arguments = command, .directory = {}};
    what.output = output.get();
    what.errors = errors.get();
    harness::ChildProcess process = harness::spawn(what);
    constexpr harness::Seconds long_enough{60};
    const auto status = process.wait(long_enough);
    if (!status || !status->success()) {
        const std::string how = status ? to_string(*status) : "did not end";
        throw std::runtime_error(command[0] + " " + how + ": " +
                                 harness::readable(contents_of(errors.get(), 2000), 2000));
    }
    return contents_of(output.get(), std::size_t{1} << 20U);
}

std::vector<std::string> hashes_of(const std::vector<fs::path>& files)
{
    if (files.empty()) {
        return {}; // sha256sum would take standard input instead
    }
    std::vector<std::string> command{"sha256sum", "-z", "--"}; // -z: names as they are
    for (const fs::path& file : files) {
        command.push_back(file.string());
    }
    std::istringstream lines(output_of(command));
    std::vector<std::string> hashes;
    for (std::string line; std::getline(lines, line, '\0');) {
        hashes.push_back(line.substr(0, line.find(' ')));
    }
    return hashes;
}

std::string hash_of_text(std::string_view text)
{
    const lab::UniqueFd memory = memory_file();
    for (std::size_t done = 0; done < text.size();) {
        done += static_cast<std::size_t>(lab::check(
            ::write(memory.get(), text.data() + done, text.size() - done), "write to memory"));
    }
    // By this name sha256sum, which inherits nothing, can open it.
    const std::string name = std::to_string(::getpid()) + "/fd/" + std::to_string(memory.get());
    return hashes_of({"/proc/" + name}).at(0);
}

std::string shell_quoted(std::string_view text)
{
    constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789_-./:=,+@%";
    if (!text.empty() && text.find_first_not_of(safe) == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return quoted + "'";
}

} // namespace grading
