# Tries: a tar whose server.cpp is a link to the solution
# Verdict: rejected
# Says: link
import os
import sys
import tarfile

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add_special("server.cpp", tarfile.SYMTYPE, os.path.abspath(sys.argv[2]))
archive.close(with_server=False)
