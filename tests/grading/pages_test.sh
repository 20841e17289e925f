#!/usr/bin/env bash
# pages_test.sh: the pages of a class and of a student, as Chromium sees them.
#
# usage: tests/grading/pages_test.sh [BUILD]
#
# A class is made of real records: a right server, a wrong one, a skeleton and what does not compile,
# under names and bytes that would do harm if they were not text. Chromium is driven through
# chromedriver: texts, width of a telephone, dark and printed, and nothing on its console.
# The screenshots stay in build/test-logs/pages/. Exit 1 when something is not so.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${1:-build/${MODE:-debug}}
shots=build/test-logs/pages
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$shots" "$scratch/out/records/01-iterative"

fail()
{
    echo "pages_test: $1" >&2
    exit 1
}

submission() # NAME, with standard input as its server.cpp
{
    mkdir -p "$scratch/$1"
    cat >"$scratch/$1/server.cpp"
}

lab=01-iterative
submission right <solutions/$lab/server.cpp
submission skeleton <labs/$lab/server.cpp
submission broken <<<'int main() { <script>document.title = "pwned"</script> }'
submission noisy <<'CPP'
#include <cstdio>
int main()
{
    std::puts("listening on <script>document.title='pwned'</script><img src=x onerror=alert(1)>");
    std::printf("\x1b[31m \xff \xe2\x80\xae ]]> </pre></style></title>\n");
}
CPP

type -P chromedriver chromium >/dev/null || fail "no chromium and chromium-driver: grading/setup.sh"
for name in right skeleton broken noisy; do
    "$build/grading/grade" --build "$build" --lab $lab --submission "$scratch/$name" \
        --record "$scratch/out/records/$lab/$name.json" --format html --out "$scratch/$name.html" \
        >"$scratch/log" 2>&1 || fail "grade of $name: $(tail -n 3 "$scratch/log")"
done
python3 tests/grading/pages_class.py "$scratch/out" $lab
"$build/grading/pages/main" "$scratch/out" >/dev/null || fail "no pages"
python3 tests/grading/pages_browser.py "$scratch" "$shots"
