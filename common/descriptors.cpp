#include "common/descriptors.h"

#include "common/errors.h"

#include <sys/resource.h>

namespace lab {

std::size_t raise_descriptor_limit()
{
    rlimit limit{};
    check(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    check(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
    return limit.rlim_cur;
}

} // namespace lab
