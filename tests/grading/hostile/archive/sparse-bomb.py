# Tries: a file of 100 MiB that is a hole, in a tar of some kilobytes
# Verdict: rejected
# Says: holes
import os
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
    with open(os.path.join(folder, "server.cpp"), "wb") as file:
        os.truncate(file.fileno(), 100 << 20)
    subprocess.run(["tar", "--sparse", "-cf", os.path.join(sys.argv[1], "mallory.tar"), "-C", folder,
                    "server.cpp"], check=True)
