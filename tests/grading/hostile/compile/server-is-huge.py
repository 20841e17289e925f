# Tries: to hand in a source of 128 MiB, all of it a hole
# Verdict: no_submission
# Says: larger than
import os
import sys

with open(os.path.join(sys.argv[1], "server.cpp"), "wb") as file:
    os.truncate(file.fileno(), 1 << 27)
