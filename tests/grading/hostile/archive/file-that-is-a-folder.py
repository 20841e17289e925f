# Tries: a server.cpp that is a file, and a folder with another one in it
# Verdict: rejected
# Says: a file and a folder
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add("server.cpp/server.cpp")
archive.close()
