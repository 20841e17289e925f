// Tries: to send and receive by what the clients of the labs are made of
// Verdict: did_not_compile
// Says: includes common/clients/client.h, which is there, but not for this lab's servers
#include "common/clients/client.h"
