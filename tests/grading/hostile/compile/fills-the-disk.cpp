// Tries: an object file of 2 GiB
// Verdict: did_not_compile
// Says: larger than|too large|relocation truncated|stopped after|File size limit
char block[(1ULL << 31U) - 16] = {1};

int main()
{
    return block[5];
}
