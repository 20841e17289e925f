#include "grading/class/store.h"

#include "common/errors.h"
#include "grading/files.h"
#include "tests/harness/report.h"
#include "tests/harness/spawn.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

lab::UniqueFd open_lock(const fs::path& file)
{
    return lab::UniqueFd(lab::check(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666),
                                    "open " + file.string()));
}

bool lock(const lab::UniqueFd& file)
{
    return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

pid_t pid_from(const std::string& name)
{
    pid_t pid = 0;
    const char* const end = name.data() + name.size();
    return std::from_chars(name.data(), end, pid).ptr == end ? pid : 0;
}

// A submission's server may outlive whoever started it: by its program's place it is known.
void kill_programs_of(const fs::path& folder)
{
    std::error_code error;
    for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
        const pid_t pid = pid_from(at->path().filename().string());
        std::error_code gone;
        const std::string program =
            pid > 0 ? fs::read_symlink(at->path() / "exe", gone).string() : "";
        if (program.starts_with(folder.string() + "/")) {
            ::kill(pid, SIGKILL);
        }
    }
}

} // namespace

fs::path record_file(const fs::path& out, const std::string& lab, const std::string& key)
{
    return out / "records" / lab / (key + ".json");
}

fs::path trouble_file(const fs::path& out, const std::string& lab, const std::string& key)
{
    return out / "trouble" / lab / (key + ".txt");
}

bool publish_record(const fs::path& out, const Unit& unit, const std::string& json,
                    const fs::path& scratch)
{
    const fs::path place = record_file(out, unit.lab, unit.key);
    fs::create_directories(place.parent_path());
    const fs::path fresh = scratch / (unit.key + ".json");
    harness::write_atomically(fresh, json);
    const bool first = ::link(fresh.c_str(), place.c_str()) == 0;
    const int why = errno;
    ::unlink(fresh.c_str());
    if (!first && why != EEXIST) {
        errno = why;
        lab::fail("publish " + place.string());
    }
    std::error_code ignored;
    fs::remove(trouble_file(out, unit.lab, unit.key), ignored);
    return first;
}

Scratch::Scratch(const fs::path& out)
{
    const fs::path parent = fs::absolute(out) / "scratch";
    fs::create_directories(parent);
    struct stat status {};
    std::string name;
    // Somebody who sweeps may find the file before it is locked, and remove it: then another one.
    do {
        name = (parent / "run.XXXXXX").string();
        lock_.reset(lab::check(::mkostemp(name.data(), O_CLOEXEC), "mkstemp " + name));
    } while (!lock(lock_) || ::fstat(lock_.get(), &status) == -1 || status.st_nlink == 0);
    path_ = name + ".d";
    fs::create_directory(path_);
}

Scratch::~Scratch()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    fs::path lock = path_;
    fs::remove(lock.replace_extension(), ignored);
}

void sweep(const fs::path& out)
{
    const fs::path parent = fs::absolute(out) / "scratch";
    std::error_code error;
    for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
        const fs::path lock_of = at->path();
        if (lock_of.extension() == ".d") {
            continue;
        }
        const lab::UniqueFd file(::open(lock_of.c_str(), O_RDWR | O_CLOEXEC));
        if (!file || !lock(file)) {
            continue; // its process lives
        }
        const fs::path folder = lock_of.string() + ".d";
        kill_programs_of(folder);
        std::error_code ignored;
        fs::remove_all(folder, ignored);
        fs::remove(lock_of, ignored);
    }
}

void close_to_other_users(const fs::path& out)
{
    fs::permissions(out, fs::perms(0711));
    for (const fs::directory_entry& entry : fs::directory_iterator(out)) {
        if (entry.is_symlink()) {
            continue;
        }
        const bool enter = entry.path().filename() == "scratch";
        fs::permissions(entry.path(), fs::perms(enter ? 0711 : entry.is_directory() ? 0700 : 0600));
    }
    ::umask(077);
}

OutLock::OutLock(const fs::path& out) : file_(open_lock(out / "lock"))
{
    if (!lock(file_)) {
        throw std::invalid_argument("another grade-class works on " + out.string() +
                                    "; wait for it, or choose another OUT");
    }
}

} // namespace grading
