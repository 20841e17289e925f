// Tries: to embed a file in the program by the assembler
// Verdict: did_not_compile
// Says: (file not found|No such file|cannot open|can't open)
// Quick: yes
#include "tests/grading/hostile/prelude.h"

asm(".data\n.global loot\nloot: .incbin \"@SECRET_FILE@\"\n.byte 0\n.text");
extern "C" const char loot[];

void attack(int /*argc*/, char** /*argv*/)
{
    say(loot);
}
