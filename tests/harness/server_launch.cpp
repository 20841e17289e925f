#include "tests/harness/server_launch.h"

#include "tests/harness/story.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include <unistd.h>

namespace harness {

namespace fs = std::filesystem;

namespace {

constexpr rlim_t most_log_bytes = 16 << 20;
// Far below the machine's: the kernel refuses more.
constexpr rlim_t most_processes = 250;

std::string server_command;
std::vector<std::string> jail_command;
std::vector<std::string> server_environment;
std::optional<uid_t> server_user;
// The kernel's choice of a port, and what the driver adds. The report of a test does not show them.
std::map<std::string, std::string>& usual_flags()
{
    static std::map<std::string, std::string> flags{{"--port", "0"}};
    return flags;
}
Transport transport = Transport::tcp;
std::string library_folder;
std::string& usual_library()
{
    static std::string library;
    return library;
}

std::string path_of_library(const std::string& name)
{
    if (name.empty()) {
        return "";
    }
    const fs::path folder = library_folder.empty()
                                ? fs::read_symlink("/proc/self/exe").parent_path()
                                : fs::path(library_folder);
    return (folder / name).string();
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const auto& word : words) {
        text += " " + (word.empty() ? "''" : word);
    }
    return text;
}

// Without a jail, which has limits of its own.
void set_limits(Command& command)
{
    command.drop_root = true;
    command.user = server_user;
    command.limits.file_bytes = most_log_bytes;
    if (::geteuid() == 0) {
        command.limits.processes = most_processes; // counts the unprivileged user's alone
        command.limits.processes_hard = most_threads;
    }
}

} // namespace

std::string set_server_command(const std::string& command)
{
    return std::exchange(server_command, command);
}

void set_server_environment(const std::vector<std::string>& entries)
{
    server_environment = entries;
}

bool has_jail()
{
    return !jail_command.empty();
}

bool is_graded()
{
    return has_jail() || server_user;
}

std::optional<uid_t> set_server_user(std::optional<uid_t> user)
{
    return std::exchange(server_user, user);
}

void set_jail(const std::vector<std::string>& command)
{
    jail_command = command;
}

bool set_usual_flag(const std::string& flag, const std::string& value)
{
    usual_flags()[flag] = value;
    return true;
}

void set_library_folder(const std::string& folder)
{
    library_folder = folder;
}

bool set_usual_library(const std::string& library)
{
    usual_library() = library;
    return true;
}

bool set_transport(Transport what)
{
    transport = what;
    return true;
}

Transport transport_of_servers()
{
    return transport;
}

ChildProcess start_server(const Launch& launch)
{
    const auto& [flags, input, wanted, output, errors] = launch;
    const std::string preload =
        path_of_library(wanted.empty() && is_graded() ? usual_library() : wanted);
    Command command;
    command.arguments = split_command(server_command);
    command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
    for (const auto& [flag, value] : usual_flags()) {
        if (std::ranges::find(flags, flag) == flags.end()) {
            command.arguments.insert(command.arguments.end(), {flag, value});
        }
    }
    command.more_environment = server_environment;
    if (!preload.empty()) { // the sanitizer's own library may come second, for once
        command.more_environment.insert(
            command.more_environment.end(),
            {"LD_PRELOAD=" + preload, "ASAN_OPTIONS=verify_asan_link_order=0"});
    }
    command.input = input;
    command.output = output;
    command.errors = errors;
    if (command.jail = jail_command; command.jail.empty()) {
        set_limits(command);
    } else if (!preload.empty()) {
        command.shown = {preload};
    }
    step("started the server" + (flags.empty() ? "" : " with" + joined(flags)));
    return spawn(command);
}

} // namespace harness
