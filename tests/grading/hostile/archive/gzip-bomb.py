# Tries: the same as a tar, compressed
# Verdict: rejected
# Says: large|big|MiB|size
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2], "w:gz", "mallory.tar.gz")
archive.add("padding", bytes(300 << 20))
archive.close()
