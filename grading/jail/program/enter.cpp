// unshare: a mount namespace for the scratch ── exec bwrap: the pod ── driver
//                                                └─ per server: exec bwrap: the jail ── warden

#include "grading/jail/program/door.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jail {

namespace {

constexpr const char* warden_inside = "/srv/warden"; // jail.cpp binds this program there
// bubblewrap's --size would not bound the number of files, each of which costs the kernel memory.
constexpr const char* scratch_bounds = "size=64m,nr_inodes=8k,mode=0755";

using Words = std::vector<std::string>;

int must(int result, const std::string& what)
{
    if (result == -1) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return result;
}

void add(Words& words, const Words& more)
{
    words.insert(words.end(), more.begin(), more.end());
}

void write_file(const char* file, const std::string& text)
{
    const int fd = must(::open(file, O_WRONLY | O_CLOEXEC), file);
    must(static_cast<int>(::write(fd, text.data(), text.size())), file);
    ::close(fd);
}

std::string map_of(unsigned id)
{
    return std::to_string(id) + " " + std::to_string(id) + " 1";
}

// Namespaces of our own, in which we may mount.
void unshare_mounts()
{
    const unsigned user = ::geteuid();
    const unsigned group = ::getegid();
    must(::unshare(CLONE_NEWUSER | CLONE_NEWNS), "a user namespace (unshare)");
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", map_of(user));
    write_file("/proc/self/gid_map", map_of(group));
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount /");
}

[[noreturn]] void execute(const Words& words, const Words& environment)
{
    const auto pointers = [](const Words& strings) {
        std::vector<char*> all;
        for (const std::string& text : strings) {
            all.push_back(const_cast<char*>(text.c_str()));
        }
        all.push_back(nullptr);
        return all;
    };
    ::execvpe(words[0].c_str(), pointers(words).data(), pointers(environment).data());
    throw std::system_error(errno, std::generic_category(), words[0]);
}

Words environment_of_ours()
{
    Words all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        all.emplace_back(*entry);
    }
    return all;
}

// A jail without one of its parts is none: what cannot be read, or is empty, ends it.
std::string contents_of(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.empty()) {
        throw std::system_error(in.is_open() ? ENODATA : errno, std::generic_category(), file);
    }
    return bytes;
}

// A file of words that each end with NUL.
Words words_of(const std::string& file)
{
    std::istringstream in(contents_of(file));
    Words words;
    for (std::string word; std::getline(in, word, '\0');) {
        words.push_back(word);
    }
    return words;
}

// What no bubblewrap does for us. The file is the filter's program as it is.
void load_filter(const std::string& file)
{
    const std::string bytes = contents_of(file);
    std::vector<sock_filter> code(bytes.size() / sizeof(sock_filter));
    std::memcpy(code.data(), bytes.data(), code.size() * sizeof(sock_filter));
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
    must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "the filter " + file);
}

// For bubblewrap to read: stays open over exec.
std::string open_for_bubblewrap(const std::string& file)
{
    return std::to_string(must(::open(file.c_str(), O_RDONLY), file));
}

std::string folder_of_this_jail(const std::string& scratch, const char* name)
{
    std::string folder = scratch + "/" + std::to_string(::getpid());
    ::mkdir(folder.c_str(), 0700);
    folder += name;
    must(::mkdir(folder.c_str(), 0700), folder);
    return folder;
}

// What this server has, beside what all have.
Words arguments_for(const Request& request)
{
    Words words;
    if (!request.scratch.empty()) {
        const std::string shared = request.scratch + "/shared";
        add(words, {"--bind", folder_of_this_jail(request.scratch, "/tmp"), "/tmp"});
        add(words, {"--bind", folder_of_this_jail(request.scratch, "/shm"), "/dev/shm"});
        add(words, {"--ro-bind", shared, shared, "--remount-ro", "/dev"});
    }
    for (const std::string& file : request.shown) {
        add(words, {"--ro-bind", file, file});
    }
    for (const std::string& entry : request.environment) {
        const auto equals = entry.find('=');
        add(words, {"--setenv", entry.substr(0, equals), entry.substr(equals + 1)});
    }
    return words;
}

} // namespace

void become_pod(const Request& request)
{
    unshare_mounts();
    const std::string& scratch = request.scratch;
    must(::mount("scratch", scratch.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, scratch_bounds),
         "mount " + scratch);
    must(::mkdir((scratch + "/shared").c_str(), 0755), "mkdir");
    Words words{"bwrap",
                "--unshare-user",
                "--unshare-net",
                "--unshare-pid",
                "--unshare-ipc",
                "--unshare-uts",
                "--die-with-parent",
                "--dev-bind",
                "/",
                "/",
                "--proc",
                "/proc",
                "--setenv",
                "TMPDIR",
                scratch + "/shared",
                "--"};
    add(words, request.command);
    execute(words, environment_of_ours());
}

void become_bare(const Request& request)
{
    Words limits = words_of(request.jail + "/limits");
    add(limits, {"--", "x"});
    if (!apply(parse(limits).limits)) {
        throw std::system_error(errno, std::generic_category(), "a limit");
    }
    load_filter(request.jail + "/filter");
    Words environment{"PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8"};
    for (const std::string& entry : environment_of_ours()) {
        const std::string name = entry.substr(0, entry.find('='));
        if (name == "LD_PRELOAD" || name == "LC_ALL" || name == "TMPDIR" ||
            name.ends_with("SAN_OPTIONS")) {
            environment.push_back(entry);
        }
    }
    execute(request.command, environment);
}

void become_jail(const Request& request)
{
    const std::string& folder = request.jail;
    Words words{"bwrap", "--args", open_for_bubblewrap(folder + "/arguments")};
    add(words, arguments_for(request));
    add(words, {"--remount-ro", "/"});
    add(words, {"--seccomp", open_for_bubblewrap(folder + "/filter"), "--", warden_inside, "keep"});
    if (request.report != -1) {
        add(words, {"--report", std::to_string(request.report)});
    }
    add(words, words_of(folder + "/limits"));
    words.emplace_back("--");
    add(words, request.command);
    execute(words, {}); // bubblewrap's own environment could be read in the jail
}

} // namespace jail
