#include "common/errors.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>

#include <sysexits.h>
#include <unistd.h>

namespace lab {

void fail(std::string_view attempt)
{
    throw std::system_error(errno, std::generic_category(), std::string(attempt));
}

int exit_status_of(const std::function<void()>& body)
{
    try {
        body();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return EXIT_FAILURE;
    }
}

void todo(int step, const char* file, int line)
{
    std::fprintf(stderr, "%s:%d: TODO(%d) is still to be written\n", file, line, step);
    // _exit, not exit: in a forked child nothing of the parent's may be flushed or destroyed.
    ::_exit(EX_SOFTWARE);
}

} // namespace lab
