# Tries: a hundred thousand empty files
# Verdict: rejected
# Says: files|entries|many
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
for number in range(100_000):
    archive.add(f"d/{number}", b"")
archive.close()
