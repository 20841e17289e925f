// Tries: to call lab 01's conversation without its header
// Verdict: did_not_compile
// Says: calls a function that this lab's servers are not given
#include "common/options.h"
#include "common/unique_fd.h"

namespace lab {
void serve_client(UniqueFd peer, const Options& options);
}

void attack(int /*argc*/, char** /*argv*/)
{
    lab::serve_client(lab::UniqueFd(), lab::Options());
}
