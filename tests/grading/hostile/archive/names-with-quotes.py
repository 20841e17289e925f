# Tries: names with quotes, blanks, options, $(commands), tags
# Never: made
# Quick: yes
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.tar.encoding, archive.tar.errors = "utf-8", "surrogateescape"
for name in ("quo'te\"s", "$(touch made)", "; touch made", "-rf", 
             "<script>alert(1)</script>", " ", "x" * 200):
    archive.add(name)
archive.close()
