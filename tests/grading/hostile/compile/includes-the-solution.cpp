// Tries: to hand in the solution by #include
// Verdict: did_not_compile
// Says: No such file|Permission denied
// Quick: yes
#include "@ROOT@/solutions/01-iterative/server.cpp"
