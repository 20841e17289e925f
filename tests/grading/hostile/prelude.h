// What every attack begins with: words for the server's log, which stands in the record. A line
// that ends with DONE is a hole in the jail.

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hostile {

// Places that the attack is told of.
[[maybe_unused]] const std::string root = "@ROOT@"; // of the labs, as the grader sees it
[[maybe_unused]] const std::string secret_file = "@SECRET_FILE@";  // that any user may read
[[maybe_unused]] const std::string neighbour = "@NEIGHBOUR_PORT@"; // somebody else's, on loopback

[[maybe_unused]] inline void say(const std::string& text)
{
    std::fprintf(stderr, "attack: %s\n", text.c_str());
}

// Says what came of it: a result of -1 is a refusal.
[[maybe_unused]] inline bool tried(const std::string& what, long result)
{
    say(what + (result == -1 ? std::string(": refused, ") + std::strerror(errno) : ": DONE"));
    return result != -1;
}

// The first bytes of a file, or nothing when it cannot be read.
[[maybe_unused]] inline std::string read_file(const std::string& name)
{
    std::string text(4096, '\0');
    const int file = ::open(name.c_str(), O_RDONLY | O_NONBLOCK);
    const ssize_t count = file == -1 ? -1 : ::read(file, text.data(), text.size());
    ::close(file);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
}

// Tries to read it, and gives its contents away.
[[maybe_unused]] inline void steal(const std::string& name)
{
    const int file = ::open(name.c_str(), O_RDONLY | O_NONBLOCK);
    tried("open " + name, file);
    ::close(file);
    if (const std::string text = read_file(name); !text.empty()) {
        say("it says " + text);
    }
}

// A listener of the attack's own, of which the test is told as the contract wants it.
[[maybe_unused]] inline int listen_as_told()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener, 5);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

// Numbers in /proc.
[[maybe_unused]] inline std::vector<pid_t> all_processes()
{
    std::vector<pid_t> pids;
    if (DIR* const folder = ::opendir("/proc")) {
        while (const dirent* const entry = ::readdir(folder)) {
            if (const int pid = std::atoi(entry->d_name); pid > 0) {
                pids.push_back(pid);
            }
        }
        ::closedir(folder);
    }
    return pids;
}

} // namespace hostile

using namespace hostile;
