#include "common/http/files.h"

#include "common/errors.h"
#include "common/http/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace lab::http {

namespace {

// O_NONBLOCK: else a named pipe would stop the server until somebody writes to it.
constexpr int reading = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

std::string path_of(int fd)
{
    std::array<char, PATH_MAX> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length =
        check(::readlink(link.c_str(), path.data(), path.size()), "readlink " + link);
    return {path.data(), static_cast<std::size_t>(length)};
}

struct Type {
    std::string_view ending;
    std::string_view name;
};

constexpr std::array types{
    Type{".avif", "image/avif"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".csv", "text/csv; charset=utf-8"},
    Type{".gif", "image/gif"},
    Type{".gz", "application/gzip"},
    Type{".htm", "text/html; charset=utf-8"},
    Type{".html", "text/html; charset=utf-8"},
    Type{".ico", "image/vnd.microsoft.icon"},
    Type{".jpeg", "image/jpeg"},
    Type{".jpg", "image/jpeg"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".json", "application/json"},
    Type{".md", "text/markdown; charset=utf-8"},
    Type{".mjs", "text/javascript; charset=utf-8"},
    Type{".mp3", "audio/mpeg"},
    Type{".mp4", "video/mp4"},
    Type{".pdf", "application/pdf"},
    Type{".png", "image/png"},
    Type{".svg", "image/svg+xml"},
    Type{".txt", "text/plain; charset=utf-8"},
    Type{".wasm", "application/wasm"},
    Type{".webm", "video/webm"},
    Type{".webp", "image/webp"},
    Type{".woff2", "font/woff2"},
    Type{".xml", "application/xml"},
    Type{".zip", "application/zip"},
};

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

// Sorted; a folder's name ends with '/'.
std::optional<std::vector<std::string>> names_in(int folder)
{
    UniqueFd again(::openat(folder, ".", reading | O_DIRECTORY));
    if (!again) {
        return {};
    }
    const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(again.get()));
    if (!entries) {
        return {};
    }
    (void)again.release(); // closedir closes it
    std::vector<std::string> names;
    while (const dirent* const entry = ::readdir(entries.get())) {
        const std::string name = static_cast<const char*>(entry->d_name);
        if (name != "." && name != "..") {
            names.push_back(name + (entry->d_type == DT_DIR ? "/" : ""));
        }
    }
    std::ranges::sort(names);
    return names;
}

} // namespace

Root::Root(const std::string& folder)
    : folder_(check(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), folder)),
      real_path_(path_of(folder_.get()))
{
    real_path_ += real_path_.ends_with('/') ? "" : "/";
}

UniqueFd Root::open(const std::string& path) const
{
    open_how how{};
    how.flags = reading;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    UniqueFd file(
        static_cast<int>(::syscall(SYS_openat2, folder_.get(), path.c_str(), &how, sizeof(how))));
    // Unknown to the kernel (before 5.6), or refused by a container that does not know it.
    const bool unknown = !file && (errno == ENOSYS || errno == EPERM);
    return unknown ? open_and_look(path) : std::move(file);
}

UniqueFd Root::open_and_look(const std::string& path) const
{
    UniqueFd file;
    if (!path.starts_with('/')) {
        file.reset(::openat(folder_.get(), path.c_str(), reading));
        if (!file || (path_of(file.get()) + "/").starts_with(real_path_)) {
            return file;
        }
    }
    file.reset();
    errno = EXDEV;
    return file;
}

std::string_view type_of(std::string_view file_name)
{
    const std::size_t dot = file_name.rfind('.');
    const std::string_view ending = dot == std::string_view::npos ? "" : file_name.substr(dot);
    const auto* const found =
        std::ranges::find_if(types, [&](const Type& type) { return same(ending, type.ending); });
    return found == types.end() ? "application/octet-stream" : found->name;
}

std::optional<std::string> listing_page(int folder, std::string_view title)
{
    const auto names = names_in(folder);
    if (!names) {
        return {};
    }
    const std::string heading = html_escaped(title);
    std::string page = "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>" + heading +
                       "</title>\n<h1>" + heading + "</h1>\n<ul>\n";
    for (const std::string& name : *names) {
        // "./": else a name such as "a:b" would be taken for a scheme.
        page +=
            "<li><a href=\"./" + percent_encoded(name) + "\">" + html_escaped(name) + "</a></li>\n";
    }
    return page + "</ul>\n";
}

} // namespace lab::http
