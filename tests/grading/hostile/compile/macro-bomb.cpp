// Tries: macros that expand to more text than fits into memory
// Verdict: did_not_compile
// Says: stopped after|more than the .* of memory
#define A(x) x x x x x x x x x x
#define B(x) A(A(x))
#define C(x) B(B(x))
#define D(x) C(C(x))

int main()
{
    D(D(;))
}
