#!/usr/bin/env bash
# test_all.sh: everything that this repository promises about itself; `make test` calls it.
#
# One line a promise, with the time it took; of a broken one the end of its output, which stands
# whole in build/test-logs/. Every promise is looked at, whatever came before. The last line counts
# them, the unit tests one by one: "N passed, N failed". Exit 1 when one failed.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

mode=${MODE:-debug}
build=build/$mode
logs=build/test-logs
passed=0
failed=0
mkdir -p "$logs"

verdict() { # STATUS SECONDS SENTENCE LOG
    if [[ $1 == 0 ]]; then
        printf 'ok    %4ds  %s\n' "$2" "$3"
    else
        printf 'FAIL  %4ds  %s (%s)\n' "$2" "$3" "$4"
        tail -n 15 "$4" | sed 's/^/      | /'
    fi
}

promise() { # SENTENCE COMMAND …
    local sentence=$1 log begin=$SECONDS status=0
    log=$logs/$(tr -cs 'a-z0-9\n' '-' <<< "${sentence,,}").log
    shift
    "$@" > "$log" 2>&1 < /dev/null || status=$?
    verdict "$status" $((SECONDS - begin)) "$sentence" "$log"
    if [[ $status == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    return "$status"
}

# The same in the background, with what the others leave of the processor: `collect` waits for it.
later_pid=
start_later() { # SENTENCE COMMAND …
    later_sentence=$1 later_begin=$SECONDS
    later_log=$logs/$(tr -cs 'a-z0-9\n' '-' <<< "${1,,}").log
    shift
    set -m # a process group of its own, to be ended as a whole
    nice -n 19 "$@" > "$later_log" 2>&1 < /dev/null &
    later_pid=$!
    set +m
}

collect() {
    local status=0
    wait "$later_pid" || status=$?
    later_pid=
    verdict "$status" $((SECONDS - later_begin)) "$later_sentence" "$later_log"
    if [[ $status == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
trap '[[ -z $later_pid ]] || kill -- "-$later_pid" 2> /dev/null' EXIT

# Counts each of a GoogleTest program's tests.
unit_tests() { # NAME PROGRAM
    local log=$logs/$1.log begin=$SECONDS status=0 good bad
    "$2" > "$log" 2>&1 < /dev/null || status=$?
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log")
    bad=$(grep -c '^\[  FAILED  \].*ms)$' "$log")
    [[ $status == 0 || $bad != 0 ]] || bad=1 # it ended before it could say
    verdict "$status" $((SECONDS - begin)) "$1: ${good:-0} unit tests" "$log"
    passed=$((passed + ${good:-0}))
    failed=$((failed + bad))
}

finish() {
    echo
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
}

jobs=$(nproc)
promise "everything builds without a warning ($mode)" \
    make -j"$jobs" MODE="$mode" WARNINGS=-Werror all || finish
# The whole takes as long as all the rest: make tidy.
start_later "clang-tidy finds nothing in what is read most" make tidy QUICK=1
for tests in common harness grading; do
    unit_tests "$tests" "$build/tests/${tests}_test"
done
promise "make and grade answer as their help says" tests/grading/make_test.sh
promise "each format is what its reader reads, whatever bytes are in it" \
    tests/grading/formats_test.sh "$build"
promise "what is handed out works, and tells no solution" tests/grading/packages_test.sh
promise "skeletons and solutions come from one source" make MODE="$mode" verify-labs
promise "wrong servers are caught by their test, right ones pass" make MODE="$mode" specimens
promise "hostile submissions are contained, some of each kind" make MODE="$mode" hostile QUICK=1
promise "the guided tour stops where it should" grading/tour.sh --check
# Ubuntu has no chromium package that could be installed without snap.
all=()
if grep -qs '^ID=debian' /etc/os-release; then all=(--all); fi
promise "curl, a load tool and a browser get what they ask for" tests/browser/run.sh "${all[@]}"
promise "pages read well in Chromium: wide, dark, on a telephone, printed" \
    tests/grading/pages_test.sh "$build"
promise "copies are found under other names, and nobody for the skeleton" \
    tests/grading/similarity_test.sh "$build"
promise "the solutions are clean under AddressSanitizer" tests/grading/sanitizer_test.sh asan
promise "the layout is clang-format's" make format-check
promise "shellcheck finds nothing" make shellcheck
collect
finish
