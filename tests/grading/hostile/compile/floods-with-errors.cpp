// Tries: errors by the ten thousand
// Verdict: did_not_compile
// Says: compilation terminated due to -fmax-errors
#define PASTE(a, b) a##b
#define NAME(line, n) PASTE(no_such_name_##n##_, line)
#define A                                                                                          \
    int NAME(__COUNTER__, x) = no_such_name;                                                       \
    ::no::such::name NAME(__COUNTER__, y);                                                         \
    f(g(h(i)));
#define B A A A A A A A A A A
#define C B B B B B B B B B B

void a()
{
    C C C C C C C C C C
}
