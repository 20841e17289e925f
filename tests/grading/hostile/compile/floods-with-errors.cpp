// Tries: a hundred thousand errors
// Verdict: did_not_compile
// Says: compilation terminated due to -fmax-errors
#define A no_such_name(1); no_such_name(2); no_such_name(3); no_such_name(4); no_such_name(5);
#define B A A A A A A A A A A
#define C B B B B B B B B B B

void f()
{
    C C C C C C C C C C C C C C C C C C C C C C C C C C C C C C
}
