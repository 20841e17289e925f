# Tries: a tar whose server.cpp is a hard link to /etc/passwd
# Verdict: rejected
# Says: link
import sys
import tarfile

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add_special("server.cpp", tarfile.LNKTYPE, "/etc/passwd")
archive.close(with_server=False)
