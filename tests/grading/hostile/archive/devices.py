# Tries: a device as server.cpp, which has no end
# Verdict: rejected
# Says: neither a file nor a folder
import sys
import tarfile

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add_special("server.cpp", tarfile.CHRTYPE)
archive.add_special("disk", tarfile.BLKTYPE)
archive.close(with_server=False)
