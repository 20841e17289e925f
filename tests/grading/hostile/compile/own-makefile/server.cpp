// Tries: a Makefile, headers, a library and options of its own
// Tests: fail
// Never: from the Makefile
// Logs: of the labs
#include "common/log.h"
#include "common/options.h"

int main()
{
#ifdef EVIL
    lab::log_info("EVIL header: DONE");
#else
    lab::log_info("attack: compiled with the headers of the labs");
#endif
}
