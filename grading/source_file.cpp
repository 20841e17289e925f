#include "grading/source_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>

namespace grading {

lab::UniqueFd open_source(const std::filesystem::path& file)
{
    return lab::UniqueFd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

std::string objection(const lab::UniqueFd& file, off_t most, struct stat& status)
{
    if (!file) {
        return errno == ELOOP    ? "is a symbolic link; a regular file is wanted"
               : errno == EACCES ? "cannot be read by you; its owner may let you: chmod a+r"
                                 : std::string("cannot be read: ") + std::strerror(errno);
    }
    if (::fstat(file.get(), &status) == -1 || !S_ISREG(status.st_mode)) {
        return "is no regular file";
    }
    return status.st_size > most ? "is larger than " + std::to_string(most >> 20U) + " MiB" : "";
}

} // namespace grading
