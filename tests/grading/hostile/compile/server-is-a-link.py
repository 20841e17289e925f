# Tries: to hand in a link to the solution
# Verdict: no_submission
# Says: symbolic link
# Quick: yes
import os
import sys

os.symlink(sys.argv[2], os.path.join(sys.argv[1], "server.cpp"))
