# Tries: a tar that ends in the middle of server.cpp
# Verdict: rejected
import os
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.close()
os.truncate(archive.file, 2000)
