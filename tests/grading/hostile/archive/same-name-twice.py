# Tries: two files of the name server.cpp: which one is graded?
# Verdict: rejected
# Says: twice
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add("server.cpp", b"int main() {}\n")
archive.close()
