// Tries: the same by the name that it has in the repository
// Verdict: did_not_compile
// Says: No such file|Permission denied
#include "solutions/01-iterative/server.cpp"
