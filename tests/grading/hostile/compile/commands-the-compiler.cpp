// Tries: pragmas that would load a plugin or pass options
// Verdict: any
#pragma GCC optimize("-fplugin=/tmp/evil.so")
#pragma GCC optimize("-wrapper=/bin/sh,-c,id")
#pragma GCC target("-B/tmp")
#pragma GCC plugin "/tmp/evil.so"
#pragma GCC pch_preprocess "@SECRET_FILE@"
#pragma comment(linker, "-T /etc/passwd")
#include "tests/grading/hostile/prelude.h"

void attack(int /*argc*/, char** /*argv*/)
{
    say("compiled");
}
