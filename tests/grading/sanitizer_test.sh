#!/usr/bin/env bash
# sanitizer_test.sh asan|tsan: every lab's tests against its solution, built with that sanitizer.
#
# A server's children write their findings to files of their own (log_path), whose exit status
# nobody sees: hence any such file is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=$1
findings=$(mktemp -d)
chmod 1777 "$findings" # the servers run as another user when we are root
trap 'rm -rf "$findings"' EXIT
export ASAN_OPTIONS=log_path=$findings/asan UBSAN_OPTIONS=log_path=$findings/ubsan
export TSAN_OPTIONS=log_path=$findings/tsan

labs=(solutions/*)
labs=("${labs[@]#solutions/}")
servers=()
drivers=()
for lab in "${labs[@]}"; do
    servers+=("build/$mode/solutions/$lab/server")
    drivers+=("build/debug/tests/${lab}_test")
done
make -j"$(nproc)" MODE="$mode" "${servers[@]}"
make -j"$(nproc)" "${drivers[@]}"
for lab in "${labs[@]}"; do
    "build/debug/tests/${lab}_test" --server="setarch -R $PWD/build/$mode/solutions/$lab/server"
done

if [[ -n $(ls -A "$findings") ]]; then
    cat "$findings"/*
    exit 1
fi
