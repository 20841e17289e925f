#!/usr/bin/env bash
# make_test.sh: what people type, and what they must get: exit codes, files and first lines of make
# and grade, in this working tree's build folder. Prints each line that is not so; exit 1 then.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# Its exit status, and an extended regex that its output holds, or '' for any output.
expect() { # STATUS PATTERN COMMAND …
    local status=$1 pattern=$2 got=0
    shift 2
    "$@" > "$scratch/output" 2>&1 < /dev/null || got=$?
    if [[ $got != "$status" ]]; then
        echo "FAIL: $* ended with status $got, expected $status"
    elif [[ -n $pattern ]] && ! grep -qE -- "$pattern" "$scratch/output"; then
        echo "FAIL: $*: its output holds no '$pattern'"
    else
        return 0
    fi
    sed 's/^/    | /' "$scratch/output" | head -20
    failed=$((failed + 1))
}

submission() { # NAME: makes a folder, with standard input as its server.cpp
    mkdir -p "$scratch/$1"
    cat > "$scratch/$1/server.cpp"
}

holds() { # FILE PATTERN
    grep -qE -- "$2" "$1" 2>/dev/null || {
        echo "FAIL: $1 holds no '$2'"
        failed=$((failed + 1))
    }
}

record=$scratch/record.json
mkdir "$scratch/nobody"
grade_folder() { make -s grade LAB=01 FORMAT=json OUT="$record" SUBMISSION="$scratch/$1"; }

# -- help, and words that are wrong ---------------------------------------------------------------
expect 0 'make grade LAB=NN' make
expect 2 'there are: .*01-iterative' make grade LAB=99
expect 2 'there are: .*01-iterative' make grade
expect 2 'did you mean LAB=01\? there are: ' make grade LAB=1
expect 2 'none of debug release asan tsan' make MODE=fast
expect 2 'AnswersTheThreeQuestions' make grade LAB=01 ONLY=NoSuchTest
expect 2 'json' make grade LAB=01 FORMAT=xml
expect 0 'classroom50 +students' make -s formats
expect 2 'canvas, moodle, csv, json' make -s export-class GRADEBOOK=. FORMAT=xml
expect 2 '^FORMAT is missing: one of canvas, moodle, csv, json$' make -s export-class GRADEBOOK=.
expect 2 '^GRADEBOOK is missing: ' make -s export-class FORMAT=csv
expect 2 'INTO=FILE' make -s export-class GRADEBOOK=. FORMAT=canvas
expect 0 'students: 0' make -s grade-class SUBMISSIONS="$scratch/nobody" OUT="$scratch/class" LAB='01 03'
submission nobody/anna < solutions/01-iterative/server.cpp
expect 2 "'E' is none of auto" make -s grade-class SUBMISSIONS="$scratch/nobody" OUT="$scratch/class" \
    LAB=01 TIER=E

programs=build/${MODE:-debug}/grading
expect 2 '--root /nowhere: ' "$programs/grade" --root /nowhere --lab 01
expect 2 '--build build/no: ' "$programs/grade" --build build/no --lab 01 --submission solutions/01-iterative
expect 2 '--out /nowhere/r cannot be written' "$programs/grade" --lab 01 --submission solutions/01-iterative --out /nowhere/r
expect 2 'FIRST 5 is after' "$programs/grade-class" work "$scratch" 5 2
expect 2 '--column is of no use' "$programs/export-class" --gradebook . --format csv --column Mark
expect 2 '--lab is of no use' "$programs/export-class" --gradebook . --format json --lab 01
expect 2 'no gradebook.json' "$programs/pages/main" "$scratch"
expect 2 "'all' is none of visible, after_due_date, after_published$" "$programs/pages/main" . --show all
expect 2 'is no folder' "$programs/similarity/main" "$scratch/nobody" --lab 01 --out README.md

# -- files of somebody else's: what is in the way, and what to do ----------------------------------
as_somebody() { # COMMAND …
    if [[ $EUID == 0 ]]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
theirs=$scratch/theirs
mkdir -p "$theirs/build" "$theirs/labs/01-iterative"
cp -r Makefile "$theirs"
cp -r --parents grading/rubrics grading/skeletons.sh "$theirs"
cp labs/01-iterative/server.cpp "$theirs/labs/01-iterative"
chmod 755 "$scratch" "$theirs"
chmod 555 "$theirs/build"
closed='build belongs to [a-z0-9]+, and you may not write there: make a copy of your own'
expect 2 "$closed" as_somebody make -s -C "$theirs" grade LAB=01
expect 2 "$closed" as_somebody make -s -C "$theirs" reset LAB=01
chmod 777 "$theirs/build"
chmod 555 "$theirs/labs/01-iterative"
expect 2 '^labs/01-iterative belongs to .*you may not change it: make a copy' \
    as_somebody make -s -C "$theirs" reset LAB=01
chmod 777 "$theirs/labs/01-iterative"
chmod 000 "$theirs/labs/01-iterative/server.cpp"
expect 2 '^labs/01-iterative/server.cpp belongs to .*you may not change it: make a copy' \
    as_somebody timeout 20 make -s -C "$theirs" reset LAB=01
chmod -R u+rwX "$theirs"

# -- results --------------------------------------------------------------------------------------
expect 0 '' make -s grade LAB=01 SUBMISSION=solutions/01-iterative FORMAT=json OUT="$record"
holds "$record" '"verdict": *"graded"'
holds "$record" '"tier": *"[ABCD]"'
expect 0 '' make -s grade LAB=02 SERVER='build/debug/solutions/02-fork/server' FORMAT=junit \
    OUT="$scratch/junit.xml"
expect 0 '' xmllint --noout "$scratch/junit.xml"
expect 0 'PASS' make test LAB=02 ONLY=ReapsAChild SERVER='build/debug/solutions/02-fork/server'
expect 2 'Likely cause' make test LAB=02 ONLY=ServesManyClientsAtOnce \
    SERVER='build/debug/solutions/01-iterative/server'

# -- submissions of every kind get a clear verdict ------------------------------------------------
expect 0 '' grade_folder no-such-folder
holds "$record" '"verdict": *"no_submission"'
touch "$scratch/a-file"
expect 0 '' grade_folder a-file
holds "$record" '"verdict": *"no_submission"'
mkdir "$scratch/empty"
expect 0 '' grade_folder empty
holds "$record" '"verdict": *"no_submission"'
submission broken <<< 'int main( {'
expect 0 '' grade_folder broken
holds "$record" '"verdict": *"did_not_compile"'
submission garbage < <(head -c 3000 /dev/urandom)
expect 0 '' grade_folder garbage
holds "$record" '"verdict": *"did_not_compile"'
submission noisy << 'END'
#include <cstdio>
int main() { for (int i = 0; i < 100'000; ++i) { std::printf("\xff\xfe\x1b[2J\n]]>::error::"); } }
END
expect 0 '' grade_folder noisy
holds "$record" '"score": *0'
submission forks-for-ever << 'END'
#include <unistd.h>
int main() { for (;;) { ::fork(); } }
END
expect 0 '' grade_folder forks-for-ever
holds "$record" '"score": *0'
expect 1 '' pgrep -f grade-submission/forks-for-ever

exit $((failed > 0))
