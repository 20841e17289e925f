#!/usr/bin/env bash
# packages_test.sh: what leaves the repository holds what it must, and nothing that tells how.
#
# The handout is unpacked and graded in; so is Gradescope's zip, in a tree like theirs and at half a
# processor; of the files for GitHub the steps of the workflow are run, and Classroom 50's autograder.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
build=build/debug # as in the packages
lab=01-iterative
make -s "$build/grading/grade" "$build/rubrics/$lab.checked" "$build/tests/grading/hostile/hostile" || exit
scratch=$(mktemp -d)
chmod 755 "$scratch" # who is graded is somebody else
busy=
trap '[[ -z $busy ]] || kill "$busy"; rm -rf "$scratch"' EXIT
failed=0

check() { # SENTENCE COMMAND …
    local sentence=$1
    shift
    if "$@" > "$scratch/output" 2>&1 < /dev/null; then
        echo "ok    $sentence"
    else
        echo "FAIL  $sentence: $*"
        tail -n 20 "$scratch/output" | sed 's/^/    | /'
        failed=$((failed + 1))
    fi
}
not() { ! "$@"; }

# Compiles nothing again that is the same here. A file that a tree lacks is missed all the same: make
# compiles anew what included it, and a library without it does not link.
with_our_objects() { # TREE
    local expected
    mkdir -p "$1/build/debug"
    cp -a "$build/obj" "$1/build/debug/"
    make -s -C "$1" build/debug/compile_flags || return
    expected=$(cat "$build/compile_flags")
    [[ ! -e $1/.edition ]] || expected+=" $(cat "$1/.edition")"
    [[ $(cat "$1/build/debug/compile_flags") == "$expected" ]] || return
    find "$1/build/debug/obj" -name '*.o' -exec touch {} +
}

tells_nothing() { # TREE
    python3 -B tests/grading/leaks.py "$1"
}

# -- the handout ----------------------------------------------------------------------------------
check "make handout makes an archive" make -s handout
tar -xzf build/handout/server-labs.tar.gz -C "$scratch" || exit
tree=$scratch/server-labs
check "the handout tells no solution" tells_nothing "$tree"
check "its paths neither" not grep -qE '(^|/)(solutions|specimens)/' <(tar -tzf build/handout/server-labs.tar.gz)
solved=solutions/$lab/server.cpp
cp "$solved" "$tree/labs/02-fork/leak.cpp"
check "a solution in it would be found" not tells_nothing "$tree"
rm "$tree/labs/02-fork/leak.cpp"
cp build/handout/server-labs.tar.gz "$scratch/first.tar.gz"
make -s handout > /dev/null
check "it has the same bytes each time" cmp "$scratch/first.tar.gz" build/handout/server-labs.tar.gz
check "it has what it is built of" with_our_objects "$tree"
check "make grade works in it" make -s -C "$tree" grade LAB=01 FORMAT=json OUT=out.json
check "with a skeleton's marks" grep -q '"verdict": "graded"' "$tree/out.json"

check "make handout LAB=01 makes one of that lab" make -s handout LAB=01
mkdir "$scratch/first" && tar -xzf build/handout/server-labs-01.tar.gz -C "$scratch/first"
first=$scratch/first/server-labs
check "it tells nothing that lab 02 is told" tells_nothing "$first"
check "the lab after it is given what it does" test -e "$tree/common/after_01/serve_client.cpp"
check "it is not" not test -e "$first/common/after_01"
cp "$tree/labs/02-fork/server.cpp" "$first/labs/$lab/leak.cpp"
check "a later skeleton would be found" not tells_nothing "$first"
rm "$first/labs/$lab/leak.cpp"
(cd "$first" && find . -type f -exec sha256sum {} + | sort) > "$scratch/first.sums"
check "it has what it is built of" with_our_objects "$first"
check "as it was handed out, nothing is built anew" \
    not grep -q 'common/log.cpp' <(make -n -C "$first" build/debug/libcommon.a)
make -s handout LAB=02 > /dev/null
tar -xzf build/handout/server-labs-02.tar.gz -C "$scratch/first"
check "what was built of the other edition is built anew" \
    grep -q 'common/log.cpp' <(touch -d '2030-01-01' "$first/build/debug/obj/common/log.o" &&
        make -n -C "$first" build/debug/libcommon.a)
check "that of lab 02 unpacked over it leaves lab 01 as it is" \
    cmp <(grep " ./labs/$lab/" "$scratch/first.sums") \
    <(cd "$first" && find "./labs/$lab" -type f -exec sha256sum {} + | sort)

make -s -C "$tree" test LAB=01 > "$scratch/test.txt" 2>&1
check "make test ends with the first step" grep -q 'TODO(1) is still to be written' "$scratch/test.txt"
echo '// mine' >> "$tree/labs/$lab/server.cpp"
check "make reset puts the skeleton back" make -s -C "$tree" reset LAB=01
check "and keeps what was written" grep -q '// mine' "$tree/labs/$lab/"server.*-*.cpp
check "it is the skeleton" cmp "$tree/labs/$lab/server.cpp" labs/$lab/server.cpp
make -s -C "$tree" specimens > "$scratch/specimens.txt" 2>&1
check "what needs solutions says so" grep -q 'needs the solutions' "$scratch/specimens.txt"

# -- tests that the rubric hides ------------------------------------------------------------------
hidden=$scratch/hidden
mkdir -p "$hidden"
cp -r Makefile LICENSE .gitignore .clang-format common labs solutions grading tests "$hidden/"
sed -i '0,/SaysWhereItListens, /s//SaysWhereItListens, visibility: hidden, /' \
    "$hidden/grading/rubrics/$lab.yaml"
check "with a hidden test" make -s -C "$hidden" handout
mkdir "$scratch/h" && tar -xzf "$hidden/build/handout/server-labs.tar.gz" -C "$scratch/h"
check "the handout has neither its name nor its code" \
    not grep -rq --include="$lab*" SaysWhereItListens "$scratch/h/server-labs/grading" \
    "$scratch/h/server-labs/tests/labs"
check "but the others" grep -q ListensOnTheAddressGiven "$scratch/h/server-labs/tests/labs/${lab}_test.cpp"
check "it has what it is built of, too" with_our_objects "$scratch/h/server-labs"
rm "$scratch/h/server-labs/build/debug/obj/tests/labs/${lab}_test.o" # of ours, with the hidden test
check "and its rubric fits its tests" make -s -C "$scratch/h/server-labs" grader LAB=01
rm -rf "$hidden" "$scratch/h"

# -- Gradescope -----------------------------------------------------------------------------------
check "make gradescope makes a zip" make -s gradescope LAB=01
root=$scratch/autograder
mkdir -p "$root/source" "$root/submission" "$root/results"
echo '{"id": 1, "users": [{"name": "A \"quoted\" name"}]}' > "$root/submission_metadata.json"
check "that can be unpacked" unzip -q build/gradescope/01.zip -d "$root/source"
check "with both scripts at its root" test -x "$root/source/setup.sh" -a -x "$root/source/run_autograder"
check "and no solution" tells_nothing "$root/source"
rm -rf "$first" && tar -xzf build/handout/server-labs-01.tar.gz -C "$scratch/first"
check "its sources are the handout's" diff <(cd "$first" && find common grading/*.cpp tests/harness -type f | sort) \
    <(cd "$root/source" && find common grading/*.cpp tests/harness -type f | sort)
check "it can be built" with_our_objects "$root/source"
export AUTOGRADER_ROOT=$root
check "setup.sh makes it ready" "$root/source/setup.sh"

follows() { # FILE SCHEMA
    python3 -c 'import json, sys, jsonschema
jsonschema.validate(*(json.load(open(name, encoding="utf-8")) for name in sys.argv[1:]))' "$1" \
        "tests/grading/schemas/$2.schema.json"
}
valid() { follows "$root/results/results.json" gradescope; }
says() { # EXPRESSION in Python over r, the results
    python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' \
        "$root/results/results.json" "$1"
}
half_a_processor() { # COMMAND …: shares one with a loop that never rests
    local status=0
    taskset -c 0 bash -c 'while :; do :; done' &
    busy=$!
    taskset -c 0 "$@" || status=$?
    kill "$busy"
    wait "$busy" 2> /dev/null
    busy=
    return "$status"
}
submit() { # FILE [NAME]
    rm -rf "$root/submission" "$root/results"
    mkdir -p "$root/submission/$(dirname "${2:-server.cpp}")" "$root/results"
    cp "$1" "$root/submission/${2:-server.cpp}"
}
submit "$solved"
check "a solution is graded at half a processor" half_a_processor "$root/source/run_autograder"
check "its results are Gradescope's" valid
check "and no test has failed" says 'r["score"] > 50 and not [t for t in r["tests"] if t.get("status") == "failed"]'
if ((EUID == 0)); then # as theirs, which allow no namespaces: users are the walls
    submit "$solved"
    check "a solution is graded where there are no namespaces" \
        "$build/tests/grading/hostile/hostile" contained -- "$root/source/run_autograder"
    check "in tier C" says 'r["extra_data"]["tier"] == "C"'
    check "and no test has failed there" says 'r["score"] > 50 and not [t for t in r["tests"] if t.get("status") == "failed"]'
fi
submit "labs/$lab/server.cpp" "it's \"mine\" \$(touch x)/a b.txt"
cp labs/$lab/server.cpp "$root/submission/it's \"mine\" \$(touch x)/server.cpp"
touch "$root/submission/"$'line\nend' "$root/submission/-rf"
check "names with quotes and blanks are only names" env GRADE_DEADLINE=60 "$root/source/run_autograder"
check "and the file among them is graded" says 'r["extra_data"]["verdict"] == "graded" and r["score"] > 0'
rm -rf "$root/submission" && mkdir "$root/submission"
check "nothing handed in" "$root/source/run_autograder"
check "is no bare nought" says 'r["extra_data"]["verdict"] == "no_submission" and "no" in r["output"]'
submit "$solved"
check "when time runs out" env GRADE_DEADLINE=2 "$root/source/run_autograder"
check "the results are valid" valid
check "and say that they are partial" says '"Not every test has run" in r["output"]'
mv "$root/source/build" "$root/source/gone"
check "without its grader" "$root/source/run_autograder"
check "the results are valid, too" valid
check "and no mark" says 'sum(t["max_score"] for t in r["tests"]) == 0'
mv "$root/source/gone" "$root/source/build"
unset AUTOGRADER_ROOT

# -- GitHub ---------------------------------------------------------------------------------------
check "make classroom makes a folder" make -s classroom LAB=01
class=build/classroom/01
check "the template tells no solution" tells_nothing $class/template
check "nor does the bundle" tells_nothing $class/classroom50
cp -a $class/template "$scratch/repository"
check "the template can be built" with_our_objects "$scratch/repository"
check "the steps of its workflow run" env BUILD="$build" python3 -B tests/grading/workflow.py "$scratch/repository"
bundle=$scratch/bundle
cp -a $class/classroom50/autograders/$lab "$bundle"
check "the bundle can be built" with_our_objects "$bundle/grader"
mkdir -p "$scratch/checkout/labs/$lab"
cp "$solved" "$scratch/checkout/labs/$lab/server.cpp"
git -C "$scratch/checkout" init -q
git -C "$scratch/checkout" -c user.name=a -c user.email=a@b add -A
git -C "$scratch/checkout" -c user.name=a -c user.email=a@b commit -qm submission
check "Classroom 50's autograder grades a checkout" env -C "$scratch/checkout" CLASSROOM=cs ASSIGNMENT=$lab \
    USERNAME=alice SUBMISSION_TAG=submit/x COMMIT_URL=https://x/c RELEASE_URL=https://x/r \
    GITHUB_STEP_SUMMARY="$scratch/summary.md" python3 "$bundle/autograder.py"
check "its result.json is a result/v1" follows "$scratch/checkout/result.json" classroom50
check "and there is a summary" grep -q '^### Lab 01' "$scratch/summary.md"

exit $((failed > 0))
