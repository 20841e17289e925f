# Tries: a zip with names that climb out by .. and by backslashes
# Verdict: rejected
import sys

import _pack as pack

with pack.new_zip(sys.argv[1]) as archive:
    archive.writestr("../../climbed-out.txt", "evil")
    archive.writestr("..\\..\\climbed-out.txt", "evil")
    archive.write(sys.argv[2], "server.cpp")
