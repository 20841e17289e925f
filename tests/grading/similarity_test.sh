#!/usr/bin/env bash
# similarity_test.sh: copies are found under other names, and nobody is accused for the skeleton.
#
# usage: tests/grading/similarity_test.sh [BUILD]
#
# Two copies with other identifiers, layout and comments among independent answers (the wheats of lab
# 02) and untouched skeletons, under names that are hard on a list. Exit 1 when something is not so.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build/${MODE:-debug}}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

fault()
{
    echo "similarity_test: $1" >&2
    sed 's/^/    | /' "$scratch/list" >&2
    failed=1
}

holds() # PATTERN
{
    grep -qE -- "$1" "$scratch/list" || fault "the list holds no '$1'"
}

# What a copyist does: other names, other layout, no comments.
disguised()
{
    sed -E 's/\<(children|listener|options|peer|blocked|most|pid)\>/my_\1/g; s/\<(start_child|serve_client|reap_children)\>/do_\1/g;
        s/^ +//; s,//.*,,; s/^\{/{\n\n/'
}

students=$scratch/students
copy=$students/$'a\nbert "x"'
mkdir -p "$students"/{anna,two_skeletons,skeleton,no_file,link,large,one,two} "$copy"
cp solutions/02-fork/server.cpp "$students/anna"
disguised <solutions/02-fork/server.cpp >"$copy/server.cpp"
cp tests/specimens/02-fork/wheats/no_cldwait.cpp "$students/one/server.cpp"
cp tests/specimens/02-fork/wheats/reaper_thread.cpp "$students/two/server.cpp"
cp labs/02-fork/server.cpp "$students/skeleton"
cp labs/02-fork/server.cpp "$students/two_skeletons"
ln -s /etc/passwd "$students/link/server.cpp"
: >"$students/broken.zip"
mkdir "$scratch/zipped"
disguised <solutions/02-fork/server.cpp >"$scratch/zipped/server.cpp"
(cd "$scratch/zipped" && zip -q "$students/zoë.zip" server.cpp)
head -c 70000 /dev/zero | tr '\0' 'x' >"$students/large/server.cpp"

"$build/grading/similarity/main" "$students" --lab 02 --build "$build" --out "$scratch" \
    >"$scratch/list" 2>&1 || fault "exit status $?"
cat "$scratch/list"
holds '^ +[123]  (9[0-9]|100) %  (a\\nbert "x"  anna|anna  a\\nbert "x") '
holds '^ +[123]  (9[0-9]|100) %  (zoë  anna|anna  zoë) '
holds 'not compared: no_file: there is no server.cpp'
holds 'not compared: link: .*server.cpp is a symbolic link'
holds 'not compared: large: server.cpp is larger'
holds 'not compared: skeleton: too little beside the skeleton'
holds 'not compared: broken: The archive is rejected'
holds '^5 of 11 submissions compared'
if grep -qE '^ +[0-9]+ +([4-9][0-9]|100) % .*\<(one|two)\>' "$scratch/list"; then
    fault "independent answers are accused"
fi
grep -q '<mark' "$scratch/similarity.html" || fault "no run is marked on the page"
if grep -q 'root:' "$scratch/similarity.html"; then fault "the page shows what a link leads to"; fi

# From what the next lab is given somebody may have copied.
mkdir "$scratch/later"
mkdir "$scratch/later/"{copyist,honest}
disguised <common/after_01/serve_client.cpp >"$scratch/later/copyist/server.cpp"
cp solutions/01-iterative/server.cpp "$scratch/later/honest"
"$build/grading/similarity/main" "$scratch/later" --lab 01 --build "$build" --out "$scratch" \
    >"$scratch/list" 2>&1 || fault "exit status $?"
holds '(9[0-9]|100) %  copyist  common/after_01/serve_client.cpp '
holds '^2 of 2 submissions compared'
cat "$scratch/list"
if grep -qE '^ +[0-9]+ +([4-9][0-9]|100) % .*honest' "$scratch/list"; then
    fault "an independent answer is accused of copying what is given later"
fi

# What is the same is so whatever it ends with.
mkdir -p "$scratch/same/"{one,two}
for one in one two; do cp solutions/01-iterative/server.cpp "$scratch/same/$one"; done
"$build/grading/similarity/main" "$scratch/same" --lab 01 --build "$build" --out "$scratch" \
    >"$scratch/list" 2>&1 || fault "exit status $?"
holds '^ +1  100 %  one  two  \(100 % and 100 %'

# A copy that was handed in once is one, whatever came after it; of two students one line is told.
mkdir -p "$scratch/attempts/"{anna,carl/attempt-{1,2,3}}
cp solutions/02-fork/server.cpp "$scratch/attempts/anna"
disguised <solutions/02-fork/server.cpp >"$scratch/attempts/carl/attempt-1/server.cpp"
cp tests/specimens/02-fork/wheats/no_cldwait.cpp "$scratch/attempts/carl/attempt-2/server.cpp"
(cat tests/specimens/02-fork/wheats/no_cldwait.cpp; echo '// done') \
    >"$scratch/attempts/carl/attempt-3/server.cpp"
"$build/grading/similarity/main" "$scratch/attempts" --lab 02 --build "$build" --out "$scratch" \
    >"$scratch/list" 2>&1 || fault "exit status $?"
cat "$scratch/list"
holds '^ +1  (9[0-9]|100) %  anna  carl \(attempt 1 of 3\)  '
holds '^2 of 2 submissions compared; 1 pair is alike'
grep -q 'carl (attempt 1 of 3)' "$scratch/similarity.html" || fault "the page names no attempt"

# Of lateness there is nothing to say where nobody gets marks.
mkdir "$scratch/canvas"
for one in doejane_4711_815 roejohn_LATE_4712_816; do
    cp solutions/02-fork/server.cpp "$scratch/canvas/${one}_server.cpp"
done
"$build/grading/similarity/main" "$scratch/canvas" --lab 02 --build "$build" --out "$scratch" \
    >"$scratch/list" 2>&1 || fault "exit status $?"
holds "taken as canvas's layout"
if grep -qi 'late' "$scratch/list"; then fault "lateness is spoken of"; fi
make -s similarity MODE="${build##*/}" SUBMISSIONS="$scratch/canvas" LAB=02 OUT="$scratch" \
    CLASS_FLAGS='--layout plain' >"$scratch/list" 2>&1 || fault "make: exit status $?"
holds '^ +1  100 %  doejane_4711_815_server  roejohn_LATE_4712_816_server  '

status=0
"$build/grading/similarity/main" "$scratch/nowhere" --lab 02 --build "$build" 2>"$scratch/list" || status=$?
[[ $status == 2 ]] || fault "exit status $status for a folder that is none"
holds 'is no folder'
exit "$failed"
