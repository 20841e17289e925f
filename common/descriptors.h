// How many descriptors this process may have.
#pragma once

#include <cstddef>

namespace lab {

// Raises the soft limit, which is often 1,024 for the sake of select(2), to the hard one, and says
// what it is now (getrlimit(2), RLIMIT_NOFILE).
std::size_t raise_descriptor_limit();

} // namespace lab
