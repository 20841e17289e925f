#!/usr/bin/env bash
# Gradescope runs this once, as root, when it makes the image: packages, then all that grading needs.
set -euo pipefail
cd "${AUTOGRADER_ROOT:-/autograder}/source"
chmod +x grading/*.sh
grading/setup.sh --group student
make -s grader LAB=@LAB@
# A submission is not to read what it is graded by: without namespaces users are the walls.
chmod go= .
