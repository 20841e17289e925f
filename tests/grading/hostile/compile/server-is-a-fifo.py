# Tries: to hand in a FIFO, at which a reader waits for ever
# Verdict: no_submission
# Says: no regular file
import os
import sys

os.mkfifo(os.path.join(sys.argv[1], "server.cpp"))
