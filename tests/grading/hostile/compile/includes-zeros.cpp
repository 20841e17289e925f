// Tries: to include a file without end
// Verdict: did_not_compile
// Says: (stopped after|memory|No such file|does not compile)
#include "/dev/zero"
