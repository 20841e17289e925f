// Tries: one error that is megabytes long
// Verdict: did_not_compile
// Says: left out|does not compile
template <typename A, typename B> struct Pair {
};
template <int n> struct Long {
    using type = Pair<typename Long<n - 1>::type, Pair<typename Long<n - 1>::type, char>>;
};
template <> struct Long<0> {
    using type = int;
};

int main()
{
    return Long<16>::type();
}
