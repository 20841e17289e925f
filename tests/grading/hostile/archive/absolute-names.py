# Tries: a tar with absolute names
# Verdict: rejected
# Says: absolute|/tmp
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add("/tmp/absolute.txt")
archive.add("//tmp/absolute-too.txt")
archive.close()
