# Tries: a FIFO as server.cpp, at which a reader waits for ever
# Verdict: rejected
# Says: neither a file nor a folder
import sys
import tarfile

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add_special("server.cpp", tarfile.FIFOTYPE)
archive.close(with_server=False)
