// Tries: templates that double at each of a thousand levels
// Verdict: did_not_compile
// Says: stopped after|more than the .* of memory
template <int depth, int branch> struct Bomb {
    using left = typename Bomb<depth - 1, 2 * branch>::type;
    using right = typename Bomb<depth - 1, 2 * branch + 1>::type;
    struct type : left, right {};
};
template <int branch> struct Bomb<0, branch> {
    struct type {};
};

int main()
{
    Bomb<28, 1>::type boom;
    return sizeof(boom) == 1;
}
