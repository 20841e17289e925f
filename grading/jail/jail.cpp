#include "grading/jail/jail.h"

#include "common/errors.h"
#include "grading/files.h"
#include "grading/jail/seccomp.h"
#include "tests/harness/report.h"

#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace grading {

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

// NAME=SOFT:HARD, for `jail keep`. Address space is no wall, for a thousand threads need much of
// it: memory that is used is what memory_watch.h counts.
const Words limits_of_servers{"nproc=250:2500",         "fsize=16777216:16777216", "cpu=60:61",
                              "stack=8388608:67108864", "memlock=65536:65536",     "core=0:0",
                              "msgqueue=65536:65536",   "sigpending=256:4096"};
const std::string address_space_of_servers = "as=34359738368:34359738368";
const Words limits_of_compilers{"nproc=64:64", "fsize=33554432:33554432",
                                "as=1073741824:1073741824", "core=0:0", "nofile=256:256"};
constexpr const char* most_compiler_files = "268435456";

void add(Words& words, const Words& more)
{
    words.insert(words.end(), more.begin(), more.end());
}

std::string whole_path(const fs::path& path)
{
    return fs::absolute(path).lexically_normal().string();
}

// Some releases that we run on have a bubblewrap without these; then the filter of system calls
// alone refuses nested namespaces, and the memory's size alone bounds a tmpfs.
bool bubblewrap_knows(const std::string& option)
{
    static const std::string help = output_of({"bwrap", "--help"});
    return help.find(option) != std::string::npos;
}

Words walls()
{
    Words words{"--unshare-user",
                "--unshare-pid",
                "--as-pid-1",
                "--unshare-ipc",
                "--unshare-uts",
                "--unshare-cgroup-try",
                "--die-with-parent",
                "--new-session",
                "--cap-drop",
                "ALL",
                "--clearenv",
                "--setenv",
                "PATH",
                "/usr/bin:/bin",
                "--setenv",
                "HOME",
                "/tmp",
                "--setenv",
                "LANG",
                "C.UTF-8"};
    if (bubblewrap_knows("--disable-userns")) {
        words.emplace_back("--disable-userns");
    }
    return words;
}

// Folders of the system at their own place, the old names of some as they are here.
Words system_folders(const Words& folders)
{
    Words words;
    for (const std::string& folder : folders) {
        std::error_code error;
        if (fs::is_symlink(fs::symlink_status(folder, error))) {
            add(words, {"--symlink", fs::read_symlink(folder).string(), folder});
        } else if (fs::exists(folder, error)) {
            add(words, {"--ro-bind", folder, folder});
        }
    }
    return words;
}

// For each word its NUL.
void write_words(const fs::path& file, const Words& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += word + '\0';
    }
    harness::write_atomically(file, text);
    lab::check(::chmod(file.c_str(), 0644), "chmod");
}

void write_limits(const fs::path& file, const Words& limits)
{
    Words words;
    for (const std::string& limit : limits) {
        add(words, {"--limit", limit});
    }
    write_words(file, words);
}

void make_readable_folder(const fs::path& folder)
{
    fs::create_directories(folder);
    lab::check(::chmod(folder.c_str(), 0755), "chmod");
}

// Which everybody may read and run.
fs::path copy_of(const fs::path& file, const fs::path& folder)
{
    fs::path copy = folder / file.filename();
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    lab::check(::chmod(copy.c_str(), 0755), "chmod");
    return copy;
}

} // namespace

std::optional<uid_t> stranger()
{
    return ::geteuid() == 0 ? std::optional(harness::unprivileged_user()) : std::nullopt;
}

void give_to_stranger(const fs::path& folder)
{
    if (const auto user = stranger()) {
        lab::check(::chown(folder.c_str(), *user, *user), "chown " + folder.string());
    }
}

ServerJail::ServerJail(const Layout& layout, const fs::path& folder,
                       const std::vector<Program>& programs, bool with_sanitizer)
    : program_(whole_path(layout.jail())), folder_(whole_path(folder))
{
    make_readable_folder(folder_);
    Words words = walls();
    add(words, system_folders({"/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64"}));
    add(words, {"--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"});
    add(words, {"--ro-bind-try", "/etc/localtime", "/etc/localtime"});
    if (with_sanitizer) { // its symbols, and a fixed address space
        add(words, {"--ro-bind-try", "/usr/bin/setarch", "/usr/bin/setarch"});
    }
    add(words, {"--proc", "/proc", "--dev", "/dev", "--chdir", "/tmp"});
    add(words, {"--ro-bind", program_.string(), "/srv/warden"});
    for (const Program& program : programs) {
        add(words, {"--ro-bind", whole_path(program.file), program.inside});
    }
    write_words(folder_ / "arguments", words);
    Words limits = limits_of_servers;
    if (!with_sanitizer) {
        limits.push_back(address_space_of_servers);
    }
    write_limits(folder_ / "limits", limits);
    write_filter(folder_ / "filter", with_sanitizer ? Strictness::with_ptrace : Strictness::strict);
}

std::string ServerJail::bare_command(const Layout& layout) const
{
    return shell_quoted(copy_of(layout.jail(), folder_).string()) + " bare " +
           shell_quoted(folder_.string()) + " -- ";
}

fs::path ServerJail::bare_libraries(const fs::path& driver) const
{
    for (const fs::path& library : files_in(driver.parent_path(), ".so")) {
        copy_of(library, folder_);
    }
    return folder_;
}

std::vector<std::string> ServerJail::command(const fs::path& scratch) const
{
    return {program_.string(), "serve", folder_.string(), "--scratch", whole_path(scratch)};
}

harness::Command ServerJail::in_pod(const harness::Command& driver, const fs::path& scratch) const
{
    harness::Command pod = driver;
    pod.arguments = {program_.string(), "pod", "--scratch", whole_path(scratch), "--"};
    add(pod.arguments, driver.arguments);
    pod.user = stranger();
    return pod;
}

namespace {

void write_limits_for(const ReaderJail& jail, const harness::Command& command)
{
    Words limits = jail.limits.empty() ? limits_of_compilers : jail.limits;
    if (const auto cpu = command.limits.cpu_seconds) {
        limits.push_back("cpu=" + std::to_string(*cpu) + ":" + std::to_string(*cpu + 1));
    }
    write_limits(jail.folder / "limits", limits);
}

} // namespace

harness::Command in_jail(const Layout& layout, const ReaderJail& jail,
                         const harness::Command& command)
{
    make_readable_folder(jail.folder);
    Words words = walls();
    add(words, {"--unshare-net"});
    add(words, system_folders({"/usr/bin", "/usr/include", "/usr/lib", "/usr/lib64", "/usr/lib32",
                               "/usr/libexec", "/usr/local/include", "/bin", "/lib", "/lib64"}));
    add(words, {"--ro-bind-try", "/etc/alternatives", "/etc/alternatives"});
    add(words, {"--dev-bind", "/dev/null", "/dev/null"});
    if (bubblewrap_knows("--size")) {
        add(words, {"--size", most_compiler_files});
    }
    add(words, {"--tmpfs", "/tmp", "--ro-bind", whole_path(layout.jail()), "/srv/warden"});
    for (const fs::path& path : jail.readable) {
        add(words, {"--ro-bind", whole_path(path), whole_path(path)});
    }
    if (!jail.writable.empty()) {
        add(words, {"--bind", whole_path(jail.writable), whole_path(jail.writable)});
    }
    add(words, {"--chdir", whole_path(jail.directory)});
    write_words(jail.folder / "arguments", words);
    write_limits_for(jail, command);
    write_filter(jail.folder / "filter", Strictness::strict);
    harness::Command outer = command;
    outer.jail = {whole_path(layout.jail()), "serve", whole_path(jail.folder)};
    outer.limits = {};
    outer.user = stranger();
    return outer;
}

harness::Command in_bare_jail(const Layout& layout, const ReaderJail& jail,
                              const harness::Command& compiler)
{
    make_readable_folder(jail.folder);
    write_limits_for(jail, compiler);
    write_filter(jail.folder / "filter", Strictness::strict);
    harness::Command bare = compiler;
    bare.arguments = {copy_of(layout.jail(), jail.folder).string(), "bare", jail.folder.string(),
                      "--"};
    add(bare.arguments, compiler.arguments);
    for (const fs::path& path : jail.readable) {
        if (path.is_relative()) {
            fs::create_directories(jail.directory / path.parent_path());
            fs::copy(path, jail.directory / path,
                     fs::copy_options::recursive | fs::copy_options::overwrite_existing);
        }
    }
    bare.directory = jail.directory;
    bare.limits = {};
    bare.user = stranger();
    return bare;
}

} // namespace grading
