#!/usr/bin/env bash
# package.sh: what leaves this repository, made of what it holds now.
#
# usage: grading/packages/package.sh handout [LAB …] | gradescope LAB | classroom LAB
#
#   handout         build/handout/server-labs.tar.gz: handouts, skeletons, common/, the tests that
#                   students may see, and the grader; `make grade LAB=NN` works in it. With LAB …
#                   server-labs-NN.tar.gz, of these alone, to be unpacked over an earlier one
#   gradescope LAB  build/gradescope/NN.zip: setup.sh, run_autograder, and all that they need
#   classroom LAB   build/classroom/NN: a template for students' repositories on GitHub, and an
#                   autograder for Classroom 50
#
# No solution, no specimen, and no test that the rubric hides, but for the Gradescope zip, which
# students never see: it has all tests, and of the known bugs their sentences.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=grading/packages

# Of a class as a whole, and tools of its own: no part of `grade`.
instructors_only='^grading/(class|engines|packages|similarity)/|^grading/(grade_class|export_class|unpack|pages/main)\.cpp$'
students_scripts=(grading/setup.sh grading/doctor.sh grading/skeletons.sh)

# The sources that the grader is made of: all but those, and but what includes them, near or far.
sources() {
    local all more left_out=$instructors_only header
    all=$(find grading tests/harness common -type f \( -name '*.cpp' -o -name '*.h' \) \
        ! -name '*_test.cpp' | sort)
    while :; do
        header='^#include "('$(grep -E "$left_out" <<< "$all" | grep '\.h$' | paste -sd '|')')"'
        more=$(grep -vE "$left_out" <<< "$all" | xargs grep -lE "$header" | paste -sd '|') || true
        [[ -n $more ]] || break
        left_out+="|^($more)\$"
    done
    grep -vE "$left_out" <<< "$all"
}

# In common/after_NN is what the labs after NN are given, and lab NN itself teaches.
last_number() { # LAB …
    printf '%s\n' "$@" | sed 's/-.*//' | sort | tail -n 1
}
come_too_early() { # LAB …: a pattern of sources
    local folder last
    last=$(last_number "$@")
    for folder in common/after_*; do
        [[ ${folder#common/after_} < $last ]] || printf '^%s/|' "$folder"
    done
    echo '^$'
}

# Into the folder: all that `make grade` needs for these labs.
tree() { # NEW visible|all LAB …
    local new=$1 which=$2 lab
    shift 2
    rm -rf "$new"
    mkdir -p "$new/grading/rubrics" "$new/tests/labs"
    sources | grep -vE "$(come_too_early "$@")" | xargs cp --parents -t "$new"
    cp --parents -t "$new" Makefile LICENSE .gitignore .clang-format "${students_scripts[@]}"
    cp "$here/handout.md" "$new/README.md"
    find tests/labs -name '*.h' -exec cp --parents -t "$new" {} +
    for lab in "$@"; do
        mkdir -p "$new/labs/$lab" "$new/grading/skeletons/$lab"
        cp "labs/$lab/README.md" "$new/labs/$lab/"
        grading/make_skeleton.sh "solutions/$lab/server.cpp" > "$new/grading/skeletons/$lab/server.cpp"
        cp "$new/grading/skeletons/$lab/server.cpp" "$new/labs/$lab/"
        python3 "$here/tests_for.py" "$which" "$lab" "$new"
    done
    edition "$new" > "$new/.edition"
}

edition() { # NEW: another one for each change of what is handed out
    (cd "$1" && find . -type f ! -name .edition -exec sha256sum {} + | sort | sha256sum | cut -c 1-16)
}

# Of each known bug what a report says about it, without the patch that makes it.
sentences() { # NEW LAB
    local patch folder=tests/specimens/$2/chaffs
    mkdir -p "$1/$folder"
    for patch in "$folder"/*.patch; do
        [[ ! -e $patch ]] || sed '/^--- /,$d; /^diff /,$d' "$patch" > "$1/$patch"
    done
}

filled_in() { # TEMPLATE LAB NEW
    sed "s/@LAB@/$2/g" "$1" > "$3"
    chmod --reference="$1" "$3"
}

handout() { # [LAB …]
    local labs=("$@") out=build/handout name=server-labs
    (($# == 0)) || name+=$(printf -- '-%s' "${labs[@]%%-*}")
    (($# > 0)) || mapfile -t labs < <(ls solutions)
    tree "$out/server-labs" visible "${labs[@]}"
    tar --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner \
        -C "$out" -c server-labs | gzip -n > "$out/$name.tar.gz"
    rm -rf "$out/server-labs"
    echo "made $out/$name.tar.gz"
}

gradescope() { # LAB
    local out=build/gradescope number=${1%%-*}
    tree "$out/$number" all "$1"
    sentences "$out/$number" "$1"
    filled_in "$here/gradescope/setup.sh" "$1" "$out/$number/setup.sh"
    filled_in "$here/gradescope/run_autograder" "$1" "$out/$number/run_autograder"
    rm -f "$out/$number.zip"
    (cd "$out/$number" && python3 -m zipfile -c "../$number.zip" ./*)
    rm -rf "${out:?}/$number"
    echo "made $out/$number.zip"
}

classroom() { # LAB
    local out=build/classroom/${1%%-*} bundle
    rm -rf "$out"
    tree "$out/template" visible "$1"
    mkdir -p "$out/template/.github/workflows"
    filled_in "$here/classroom/grade.yml" "$1" "$out/template/.github/workflows/grade.yml"
    bundle=$out/classroom50/autograders/$1
    tree "$bundle/grader" visible "$1" # its bundles can be read by whoever knows where they are
    filled_in "$here/classroom/autograder.py" "$1" "$bundle/autograder.py"
    python3 -c 'import json, sys
print(json.dumps({"runs-on": "ubuntu-24.04", "apt": sys.stdin.read().split()}, indent=2))' \
        < <(grading/setup.sh --group student --list) > "$out/classroom50/runtime.json"
    filled_in "$here/classroom/README.md" "$1" "$out/README.md"
    echo "made $out: its README.md says what goes where"
}

must_be_labs() { # COMMAND [LAB …]
    local lab
    for lab in "${@:2}"; do
        [[ -n $lab && -e solutions/$lab/server.cpp ]] || {
            echo "package.sh: which lab? $1 LAB, of:" solutions/* | sed 's|solutions/||g' >&2
            exit 2
        }
    done
}

case ${1-} in
handout)
    must_be_labs "$@"
    "$@" ;;
gradescope | classroom)
    must_be_labs "$1" "${2-}"
    "$1" "$2" ;;
--help | -h) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" ;;
*) echo "package.sh: handout [LAB …], gradescope LAB or classroom LAB; see --help" >&2; exit 2 ;;
esac
