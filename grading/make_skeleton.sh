#!/usr/bin/env bash
# make_skeleton.sh SOLUTION.cpp: prints the skeleton of a lab, made from its solution.
#
# What stands between the marks
#     // [2] what the student is to do, in one sentence or more.
#     …
#     // [/]
# becomes
#     // TODO(2): what the student is to do, in one sentence or more.
#     todo(2);
# Everything else is given. Numbers are unique and every region is closed: exit 1 otherwise.
set -euo pipefail

if [[ $# -ne 1 || $1 == --help ]]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
    [[ ${1-} == --help ]] && exit 0 || exit 2
fi

echo '// Lab to complete: do the TODOs in the order of their numbers, with README.md beside this file.'
awk '
    function broken(why) {
        printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
        failed = 1
        exit 1
    }
    match($0, /^ *\/\/ \[[0-9]+\] /) {
        if (inside) broken("region " number " is still open")
        indent = $0; sub(/\/\/.*/, "", indent)
        number = $0; sub(/^ *\/\/ \[/, "", number); sub(/\].*/, "", number)
        if (number in seen) broken("region " number " stands twice")
        seen[number] = inside = 1
        heading = 1
        print indent "// TODO(" number "): " substr($0, RLENGTH + 1)
        next
    }
    /^ *\/\/ \[\/\]$/ {
        if (!inside) broken("no region is open here")
        print indent "todo(" number ");"
        inside = 0
        next
    }
    inside {
        # A sentence that goes on in the next comment line belongs to the heading.
        heading = heading && /^ *\/\/ /
        if (heading) print
        next
    }
    { print }
    END {
        if (!failed && inside) broken("region " number " is never closed")
    }
' "$1"
