// Pods and jails, made by bubblewrap: what may be seen and used inside of them.
//
//   grade ── pod: own network and processes ── test driver ── jail: sees nothing ── server
#pragma once

#include "grading/layout.h"
#include "tests/harness/spawn.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace grading {

// The most memory that a server and all that it starts may use.
constexpr std::uint64_t most_server_memory = std::uint64_t{1} << 30U;

// The user that pods and jails run as: nobody's when we are root, else ourselves.
std::optional<uid_t> stranger();

// A folder that this user may write to.
void give_to_stranger(const std::filesystem::path& folder);

// What servers can be started in: the folder is filled with what the jail program reads.
class ServerJail {
public:
    struct Program {
        std::filesystem::path file;
        std::string inside; // its name in the jail: "/srv/server"
    };

    // `with_sanitizer`: one of them needs more address space than any limit could leave it.
    ServerJail(const Layout& layout, const std::filesystem::path& folder,
               const std::vector<Program>& programs, bool with_sanitizer);

    // The command that a test driver starts its servers by (harness::Command::jail).
    [[nodiscard]] std::vector<std::string> command(const std::filesystem::path& scratch) const;
    // Without namespaces: what stands before a server's command. The program itself is a copy in
    // our folder, for others may not look where the original is.
    [[nodiscard]] std::string bare_command(const Layout& layout) const;
    // Where there is a copy of the libraries that lie beside a test driver, for the same reason.
    [[nodiscard]] std::filesystem::path bare_libraries(const std::filesystem::path& driver) const;
    // The driver's command, started in a pod. The scratch folder will be a small file system in
    // memory, seen there alone.
    [[nodiscard]] harness::Command in_pod(const harness::Command& driver,
                                          const std::filesystem::path& scratch) const;

private:
    std::filesystem::path program_;
    std::filesystem::path folder_;
};

// What a compiler, or whatever else reads a stranger's file, sees beside the system.
struct ReaderJail {
    std::filesystem::path folder;                // to be filled, as above
    std::filesystem::path directory;             // it starts there
    std::vector<std::filesystem::path> readable; // files and folders
    std::filesystem::path writable{};            // a folder; empty: none
    // NAME=SOFT:HARD; empty: a compiler's, but for the processor's time, which is the command's.
    std::vector<std::string> limits{};
};

harness::Command in_jail(const Layout& layout, const ReaderJail& jail,
                         const harness::Command& command);
// Without namespaces: starts in `jail.writable`, to which what is readable is copied.
harness::Command in_bare_jail(const Layout& layout, const ReaderJail& jail,
                              const harness::Command& compiler);

} // namespace grading
