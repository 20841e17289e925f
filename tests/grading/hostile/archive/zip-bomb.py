# Tries: a zip of half a megabyte that unpacks to 512 MiB
# Verdict: rejected
# Says: large|big|MiB|size
import sys

import _pack as pack

with pack.new_zip(sys.argv[1]) as archive:
    with archive.open("server.cpp", "w", force_zip64=True) as file:
        for _ in range(512):
            file.write(bytes(1 << 20))
