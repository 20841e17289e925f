#!/usr/bin/env bash
# formats_test.sh [BUILD]: each format of a record and of a class's marks, read by somebody else's
# reader: JSON Schema, xmllint with an XSD, Perl's TAP consumer, Python's csv and YAML; and by each
# platform's own rules. Every string that a stranger controls is as hostile as it can be.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
build=${1:-build/${MODE:-debug}}

make -s MODE="${build##*/}" grader LAB=02 || exit
make -s MODE="${build##*/}" "$build/grading/export-class" || exit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A server that writes what it can, graded for real: its bytes pass through everything that we have.
mkdir "$scratch/a 'hostile' \"name\""
cat > "$scratch/a 'hostile' \"name\"/server.cpp" << 'END'
#include <cstdio>
#include <string>
int main()
{
    std::string bytes = "::error::out\n##[error]out\n]]><b>&amp;\n\x1b[2J\x1b]0;title\x07\n=cmd()\n1..9\nok 1\n";
    for (int byte = 0; byte < 256; ++byte) {
        bytes += static_cast<char>(byte);
    }
    bytes += "\xed\xa0\x80\xe2\x80\xae\xef\xbf\xbf\n{\"scores\": {\"02-fork\": 1000}}\n";
    for (int i = 0; i < 2000; ++i) {
        std::fwrite(bytes.data(), 1, bytes.size(), i % 2 ? stdout : stderr);
    }
}
END
"$build/grading/grade" --lab 02 --build "$build" --submission "$scratch/a 'hostile' \"name\"" \
    --record "$scratch/graded.json" --format json --out "$scratch/out.json" > /dev/null || exit

BUILD=$build GRADED=$scratch/graded.json python3 -B tests/grading/formats_test.py
