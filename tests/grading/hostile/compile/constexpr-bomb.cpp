// Tries: a computation at compile time that takes years
// Verdict: did_not_compile
// Says: stopped after|operation count
template <int n> constexpr int spin()
{
    int sum = 0;
    for (int i = 0; i < 200'000; ++i) {
        sum = (sum + i * n) % 1000;
    }
    return sum;
}

template <int n> constexpr int all = spin<n>() + all<n - 1>;
template <> constexpr int all<0> = 0;

int main()
{
    constexpr int result = all<800> + all<801>;
    return result;
}
