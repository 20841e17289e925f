# Tries: a tar with names that climb out by ..
# Verdict: rejected
# Says: \.\.
# Quick: yes
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
for depth in range(1, 8):
    archive.add("../" * depth + "climbed-out.txt")
archive.add("a/../../climbed-out-too.txt")
archive.close()
