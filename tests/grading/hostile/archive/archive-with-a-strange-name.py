# Tries: an archive whose own name has a newline, quotes and tags
# Tests: pass
# Never: <script>alert
import os
import sys

import _pack as pack

archive = pack.Pack(sys.argv[1], sys.argv[2])
archive.close()
os.rename(archive.file, os.path.join(sys.argv[1], "<script>alert(1)<\\script>\n'\"$(id).tar"))
