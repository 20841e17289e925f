// Tries: to include itself, and the standard input
// Verdict: did_not_compile
// Says: nested|does not compile
#include "/dev/stdin"
#include "server.cpp"
