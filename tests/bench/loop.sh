#!/usr/bin/env bash
# loop.sh: what one edit costs a student, in processor seconds. `make bench-loop` calls it.
#
# In a copy of this tree whose lab 01 is solved (an unsolved one fails its tests at once and would
# flatter the figure), for each try in turn: compile the lab's file alone with make's own command;
# run the tests alone; touch the file and `make test LAB=01`. The target: the loop costs at most
# 1.5 × the compilation, plus the tests' own time. Prints every try, the medians and the ratio.
set -euo pipefail
cd "$(dirname "$0")/../.."

tries=${TRIES:-7}
copy=$PWD/build/bench-loop
lab=01-iterative
file=labs/$lab/server.cpp

cpu_of() { # COMMAND …: its user and system seconds, with its children's; it must succeed
    local TIMEFORMAT='%U %S'
    { time "$@" > "$copy/output" 2>&1; } 2>&1 | awk '{ printf "%.3f", $1 + $2 }'
}

median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

compile_alone() {
    # shellcheck disable=SC2046 # the file holds words
    $(cat build/debug/compile_flags) -MMD -MP -c "$file" -o "$copy/alone.o"
}
tests_alone() { build/debug/grading/grade --lab $lab --build build/debug --quick; }
edit_and_test() {
    touch "$file"
    make test LAB=01
}

rm -rf "$copy"
mkdir -p "$copy"
git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$copy"
cd "$copy"
cp "solutions/$lab/server.cpp" "$file"
make -s test LAB=01 build/debug/compile_flags > "$copy/output"

echo "processor seconds      compile alone   tests alone   edit + make test"
compiles=() tests=() loops=()
for ((try = 1; try <= tries; ++try)); do
    compiles+=("$(cpu_of compile_alone)")
    tests+=("$(cpu_of tests_alone)")
    loops+=("$(cpu_of edit_and_test)")
    printf 'try %-2d %27s %13s %18s\n' "$try" "${compiles[-1]}" "${tests[-1]}" "${loops[-1]}"
done
c=$(median "${compiles[@]}") t=$(median "${tests[@]}") l=$(median "${loops[@]}")
printf 'median %27s %13s %18s\n' "$c" "$t" "$l"
awk -v c="$c" -v t="$t" -v l="$l" 'BEGIN {
    printf "(loop - tests) / compile = %.2f   (target: at most 1.50)\n", (l - t) / c }'
