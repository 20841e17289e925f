#!/usr/bin/env bash
# class.sh: what grading a class costs, beside the least that it could cost. `make bench-class` calls
# it; COUNT=300 submissions, each on labs 01 and 02, made of solutions, skeletons, garbage, and the
# solutions with a known bug in each.
#
# The limit: compiling each different source once, and the tests' own run time, on the same cores.
# A failed test runs twice, for nobody is marked down by accident: so it does in the limit. The
# compiling is measured here, after the run; the tests' time is what each test says of itself.
# Prints the ratio of the limit to the run, submissions a minute and a core, peak memory, and what
# a submission costs when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/../.."

count=${COUNT:-300}
labs=(01-iterative 02-fork)
build=$PWD/build/debug
work=$PWD/build/bench-class
rm -rf "$work"
mkdir -p "$work/class"

# The solution with the bug of patch number N, and a line that makes it this student's own.
buggy() { # LAB N FILE
    local patches=("tests/specimens/$1/chaffs"/*.patch)
    patch -s -o "$3" "solutions/$1/server.cpp" "${patches[$2 % ${#patches[@]}]}"
    echo "// submission $2" >> "$3"
}

submission() { # N LAB FILE
    case $(($1 % 10)) in
        0) cp "solutions/$2/server.cpp" "$3" ;;
        1) cp "labs/$2/server.cpp" "$3" ;;
        2) head -c 4000 /dev/urandom > "$3" ;;
        3) { cat "solutions/$2/server.cpp" && echo "// submission $1"; } > "$3" ;;
        *) buggy "$2" "$1" "$3" ;;
    esac
}

for ((n = 1; n <= count; ++n)); do
    for lab in "${labs[@]}"; do
        folder=$work/class/student-$n/$lab
        mkdir -p "$folder"
        submission "$n" "$lab" "$folder/server.cpp"
    done
done

run() { # LOG: prints the seconds that it took
    local begin=$EPOCHREALTIME
    "$build/grading/grade-class" --submissions "$work/class" --out "$work/out" \
        --lab "${labs[0]}" --lab "${labs[1]}" > "$1" 2>&1
    awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'
}

compile_all() {
    local command
    # That of either lab: they differ by a library.
    command=$(sed "s#{program}#/dev/null#" "$build/compile/${labs[1]}")
    # A source that does not compile is one of the things to be done, too.
    find "$work/out/sources" -name server.cpp -print0 |
        xargs -0 -P "$(nproc)" -I '{source}' sh -c "${command//\{source\}/\$1} || true" sh '{source}' \
            > "$work/compile.log" 2>&1
}

first=$(run "$work/first.log")
peak=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["peak_kilobytes"])' "$work/out/run.json")
begin=$EPOCHREALTIME
compile_all
compiling=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }')
run "$work/settle.log" > "$work/settled" # what is younger than two seconds is never trusted
again=$(run "$work/again.log")

python3 - "$work/out" "$first" "$compiling" "$again" "$peak" "$count" "$(nproc)" << 'END'
import glob, json, sys
out, first, compiling, again, peak, count, cores = sys.argv[1], *map(float, sys.argv[2:])
runs = {"fail": 2, "unstable": 2, "inconclusive": 3}
tests = records = spent = 0
for file in glob.glob(out + "/records/*/*.json"):
    record = json.load(open(file))
    records += 1
    spent += record["seconds"]
    tests += sum(t["seconds"] * runs.get(t["verdict"], 1) for t in record["tests"])
limit = compiling + tests / cores
print(f"{count:.0f} submissions on 2 labs, {records} different; {cores:.0f} cores")
print(f"the run          {first:8.1f} s   (graders at work: {spent / cores:.1f} s)")
print(f"the limit        {limit:8.1f} s   compiling {compiling:.1f} s, tests {tests / cores:.1f} s")
print(f"limit / run      {limit / first:8.2f}     (target: at least 0.80)")
print(f"a minute, a core {records / first * 60 / cores:8.1f}     different submissions")
print(f"peak memory      {peak / 1024:8.1f} MiB of the runner")
print(f"nothing changed  {again / count * 1000:8.2f} ms a submission   (target: under 5)")
END
