#!/usr/bin/env bash
# zen.sh: builds for release, then compares each solution with a bare program; `make bench-zen`.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
make -s MODE=release $build/solutions/{01-iterative,02-fork}/server \
    $build/tests/bench/{zen_bench,bare_zen}
exec taskset -c 0 $build/tests/bench/zen_bench $build
