# Tries: a link to /tmp as a folder, then a file in it
# Verdict: rejected
# Says: link
import sys
import tarfile

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.add_special("folder", tarfile.SYMTYPE, "/tmp")
archive.add("folder/written-through-a-link.txt")
archive.close()
