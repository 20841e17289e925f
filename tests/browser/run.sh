#!/usr/bin/env bash
# tests/browser/run.sh: is it a web server for those who use one? curl, a browser, a load tool.
#
# usage: tests/browser/run.sh [curl] [load] [browser] [--all] [--server 'COMMAND']
#
# Without a word all three; with --all none may be skipped. COMMAND is started with --port and --root; the default is the solution
# of lab 05. A tool that this machine lacks is said and skipped: the rest must be right. Chromium is
# started by whichever of its names is there; Ubuntu's is a snap stub, which needs snapd.
#
# Exit: 0 all that was tried is right, 1 something is wrong, 2 wrong usage.

set -euo pipefail

readonly requests=2000 clients=50 # of the load tool

fail()
{
    echo "browser: $1" >&2
    [[ -s $folder/log ]] && tail -n 20 "$folder/log" >&2
    exit 1
}

note() { echo "browser: $*"; }

# -- the server -----------------------------------------------------------------------------------
make_site() # FOLDER
{
    mkdir -p "$1/pictures" "$1/box"
    cat >"$1/index.html" <<'HTML'
<!DOCTYPE html>
<title>A page</title>
<link rel="icon" href="/favicon.ico">
<img src="/pictures/three by two.png" onload="fetch(`/loaded-${naturalWidth}x${naturalHeight}`)">
HTML
    seq 1 100000 >"$1/numbers.txt"
    python3 - "$1/pictures/three by two.png" "$1/favicon.ico" <<'PYTHON'
import struct, sys, zlib

def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\xff\x80\x00" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

for name, size in zip(sys.argv[1:], [(3, 2), (16, 16)]):
    with open(name, "wb") as file:
        file.write(png(*size))
PYTHON
}

# Sets `server` and `address`. Its first line says where it listens.
start_server() # COMMAND
{
    local words line
    read -r -a words <<<"$1"
    exec {announcement}< <(exec "${words[@]}" --port 0 --root "$folder/site" 2>"$folder/log")
    server=$!
    read -r -t 60 line <&"$announcement" || fail "the server has not said where it listens"
    address=${line#listening on }
}

stop_server()
{
    kill "$server"
    while kill -0 "$server" 2>/dev/null && read -r -t 10 _ <&"$announcement"; do :; done
}

clean_up()
{
    [[ -z ${browser_group-} ]] || end_browser
    [[ -z ${server-} ]] || kill "$server" 2>/dev/null || true
    rm -rf "$folder" || true # a browser that ends may still be writing there
}

# -- curl -----------------------------------------------------------------------------------------
expect() # WHAT WANTED GOT
{
    [[ $2 == "$3" ]] || fail "$1: wanted '$2', got '$3'"
}

status_of() # CURL'S ARGUMENTS
{
    curl -sS -m 60 -o "$folder/body" -w '%{http_code}' "$@"
}

try_curl()
{
    local url=http://$address
    curl -fsS -m 60 "$url/numbers.txt" | cmp - "$folder/site/numbers.txt" || fail "curl: another file"
    expect 'curl, two at once' 200200 \
        "$(curl -fsS -m 60 -o "$folder/1" -o "$folder/2" -w '%{http_code}' "$url/" "$url/numbers.txt")"
    cmp "$folder/2" "$folder/site/numbers.txt" || fail "curl: another second file"
    expect 'curl -I' 588895 "$(curl -fsSI -m 60 "$url/numbers.txt" | tr -d '\r' |
        sed -n 's/^[Cc]ontent-[Ll]ength: //p')"
    expect 'curl -r 0-99' 206 "$(status_of -r 0-99 "$url/numbers.txt")"
    head -c 100 "$folder/site/numbers.txt" | cmp - "$folder/body" || fail "curl -r: another part"
    expect 'curl -r, behind the end' 416 "$(status_of -r 588895- "$url/numbers.txt")"
    expect 'curl -z, not modified' 304 \
        "$(status_of -z "$folder/site/numbers.txt" "$url/numbers.txt")"
    expect 'curl -z, modified' 200 \
        "$(status_of -z 'Thu, 01 Jan 1998 00:00:00 GMT' "$url/numbers.txt")"
    expect 'curl --path-as-is' 404 "$(status_of --path-as-is "$url/../../etc/passwd")"
    expect 'curl, encoded dots' 404 "$(status_of --path-as-is "$url/%2e%2e/%2e%2e/etc/passwd")"
    expect 'curl, a folder' 301 "$(status_of "$url/box")"
    expect 'curl -L' 200 "$(status_of -L "$url/box")"
    expect 'curl -0' 200 "$(status_of -0 "$url/")"
    expect 'curl -d' 405 "$(status_of -d 'a body' "$url/")"
    expect 'curl, a body that waits for 100' 405 \
        "$(status_of -H 'Expect: 100-continue' --data-binary "@$folder/site/numbers.txt" "$url/")"
    expect 'curl, a name in UTF-8' 404 "$(status_of "$url/%C3%BC.txt")"
    note "curl: right"
}

# -- a load tool ----------------------------------------------------------------------------------
try_load()
{
    local url=http://$address report
    if ! type -P ab >/dev/null; then
        [[ -z $all ]] || fail "no ab (Debian's apache2-utils)"
        note "SKIPPED: no ab (Debian's apache2-utils)"
        return
    fi
    local flags
    for flags in '' '-k'; do
        # shellcheck disable=SC2086 # no flag is no word
        report=$(ab -q $flags -s 60 -n "$requests" -c "$clients" "$url/" 2>&1) || fail "ab: $report"
        expect "ab $flags, complete" "$requests" "$(sed -n 's/^Complete requests: *//p' <<<"$report")"
        expect "ab $flags, failed" 0 "$(sed -n 's/^Failed requests: *//p' <<<"$report")"
        expect "ab $flags, other than 2xx" '' "$(sed -n 's/^Non-2xx responses: *//p' <<<"$report")"
    done
    note "ab: 2 x $requests requests by $clients clients, none failed"
}

# -- a browser ------------------------------------------------------------------------------------
find_browser()
{
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu's package is a script that asks for snap.
        if type -P "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
}

# The page's script asks for /loaded-3x2 when the picture is there. Chromium asks for the icon when it
# likes: it stays, and the access log is read until everything stands in it.
try_browser()
{
    local browser line lines target awaited=(
        '"GET / HTTP/1.1" 200' '"GET /pictures/three%20by%20two.png HTTP/1.1" 200'
        '"GET /loaded-3x2 HTTP/1.1" 404' '"GET /favicon.ico HTTP/1.1" 200'
    )
    browser=$(find_browser)
    if [[ -z $browser ]]; then
        [[ -z $all ]] || fail "no chromium that runs"
        note "SKIPPED: no chromium that runs"
        return
    fi
    local seen
    seen=$(wc -l <"$folder/log")
    setsid "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --disable-dev-shm-usage --remote-debugging-port=0 --user-data-dir="$folder/profile" \
        "http://$address/" >"$folder/browser.log" 2>&1 &
    browser_group=$!
    exec {lines}< <(exec tail -n "+$((seen + 1))" --pid="$browser_group" -f "$folder/log")
    for target in "${awaited[@]}"; do
        until grep -q -F -e "$target" "$folder/log"; do
            read -r -t 120 line <&"$lines" ||
                fail "$browser has not led to: $target; $(tail -n 3 "$folder/browser.log")"
        done
    done
    end_browser
    note "$browser: page, picture and icon"
}

end_browser()
{
    kill -- "-$browser_group" 2>/dev/null || true
    wait "$browser_group" 2>/dev/null || true
    browser_group=
}

# -- main -----------------------------------------------------------------------------------------
main()
{
    local command=build/debug/solutions/05-epoll-web/server tries=()
    all=
    while (($#)); do
        case $1 in
            curl | load | browser) tries+=("$1") ;;
            --all) all=yes ;;
            --server) command=${2?--server needs a command} && shift ;;
            *) echo "browser: unknown word '$1'" >&2 && exit 2 ;;
        esac
        shift
    done
    ((${#tries[@]})) || tries=(curl load browser)
    folder=$(mktemp -d)
    trap clean_up EXIT
    make_site "$folder/site"
    start_server "$command"
    local try
    for try in "${tries[@]}"; do "try_$try"; done
    stop_server
}

main "$@"
