# Tries: a folder with a name that no file system has room for
# Verdict: rejected
# Says: too long
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add("a" * 300 + "/server.cpp")
archive.close()
