#!/usr/bin/env bash
# verify_labs.sh BUILD [LAB …]: one source for skeleton and solution, checked.
#
#   - making the skeletons again changes nothing;
#   - the skeleton builds without a warning and passes no test but those that its rubric lists as free;
#   - the solution passes all.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
shift
labs=("$@")
[[ ${#labs[@]} -gt 0 ]] || mapfile -t labs < <(ls solutions)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

builds_without_a_warning() { # LAB
    local source=$scratch/$1.cpp
    grading/make_skeleton.sh "solutions/$1/server.cpp" > "$source"
    # shellcheck disable=SC2046 # the file holds words
    $(cat "$build/compile_flags") -Werror -c "$source" -o "$scratch/$1.o"
}

grade() { # LAB FOLDER EXPECTED
    "$build/grading/grade" --lab "$1" --build "$build" --submission "$2" --expect "$3" \
        --out "$scratch/record.json" --format json > /dev/null
}

failed=0
report() { # WORKED SENTENCE
    if [[ $1 == 0 ]]; then
        echo "ok    $2"
    else
        echo "FAIL  $2"
        failed=$((failed + 1))
    fi
}
check() { # SENTENCE COMMAND …
    local sentence=$1 status=0
    shift
    "$@" || status=$?
    report "$status" "$sentence"
}

for lab in "${labs[@]}"; do
    mkdir -p "$scratch/$lab"
    grading/make_skeleton.sh "solutions/$lab/server.cpp" > "$scratch/$lab/server.cpp"
    check "$lab: the skeleton is the one that the solution gives" grading/skeletons.sh --check "$lab"
    check "$lab: the skeleton builds without a warning" builds_without_a_warning "$lab"
    check "$lab: the skeleton passes what is free, and nothing else" grade "$lab" "$scratch/$lab" free
    check "$lab: the solution passes everything" grade "$lab" "solutions/$lab" all
done
exit $((failed > 0))
