# Tries: names with a newline and a terminal's codes
# Verdict: rejected
# Says: control characters
# Never: \x1b\[31m
# Quick: yes
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.tar.encoding, archive.tar.errors = "utf-8", "surrogateescape"
for name in ("new\nline", "quo'te\"s", "$(touch made)", "; touch made", "-rf", "\x1b[31mred",
             "<script>alert(1)</script>", "no utf \udcff\udcfe", " ", "x" * 200):
    archive.add(name)
archive.close()
