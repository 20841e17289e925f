#!/usr/bin/env bash
# grading/tour.sh: a guided tour of a lab's solution, in gdb, with a client beside it.
#
# usage: grading/tour.sh LAB [BUILD]                        (make step LAB=NN)
#        grading/tour.sh --check [LAB|all [BUILD]]          BUILD: build/debug
#
# Runs BUILD/solutions/LAB/server and stops at each numbered region of its source when
# the running code first comes there, in the parent or in a child, and shows its lines
# and the values that it names. At a stop:
#   Enter, n   the next stop          p EXPR   print a C++ expression
#   l          the lines once more    q        quit
# A client talks with the server; then another one comes and stays, and the server is
# told to stop. Where zen is not spoken, solutions/LAB/tour.sh says how: it defines the
# functions talk_once and stay_connected anew. With stdin or stdout no terminal,
# nothing is waited for. Colour on a terminal only, and not when NO_COLOR is set.
#
# A server that shows all its regions only by several runs has a file beside its source,
# solutions/LAB/tour.flags: a line of flags for each run.
#
#   --check    no page: every region must be met, in the order of the numbers. Prints
#              the order. A lab takes two seconds; after TOUR_LIMIT, 60, it has failed.
#
# Exit: 0 all was seen, or q; 1 it was not, or gdb cannot work here; 2 wrong usage.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly limit=${TOUR_LIMIT-60}

help() { sed -n '2,/^$/s/^# \{0,1\}//p' grading/tour.sh; }

refuse()
{
    echo "tour.sh: $1 (see --help)" >&2
    exit 2
}

fail()
{
    echo "tour.sh: $1" >&2
    exit 1
}

# -- beside the server ----------------------------------------------------------------------------
# Is this script still there, and does it go on with the tour?
tour_goes_on() { [[ -e /proc/$$ && ! -e $work/over ]]; }

# Waits for a fact, which is looked at without starting a process: a reader may take hours.
wait_until()
{
    until "$@"; do
        tour_goes_on || exit
        read -r -t 0.01 -u "$silence" || true
    done
}

server_listens() { read -r announced <"$work/out"; }

# Beyond the client's end: the server has taken note of it too. It holds no connection, and all of
# its processes sleep: none runs, is a zombie, or stands in gdb.
server_is_idle() { all_sleep "$server_pid" && ! holds_connection && all_sleep "$server_pid"; }

all_sleep() # PID …: they and their descendants
{
    local pid task stat children
    for pid in "$@"; do
        for task in /proc/"$pid"/task/*; do
            read -r stat 2>/dev/null <"$task/stat" && [[ ${stat##*) } == S* ]] || return 1
            read -r children 2>/dev/null <"$task/children" || true
            # shellcheck disable=SC2086 # words are meant
            all_sleep $children || return 1
        done
    done
}

# Has some process a connection of the server's port open? Then its row has an inode.
holds_connection()
{
    awk -v port="$(printf ':%04X$' "$port")" \
        '$2 ~ port && $4 != "0A" && $10 != 0 { held = 1 } END { exit !held }' /proc/net/tcp
}

note() { echo "$1" >>"$work/notes"; }

# A client gives up after a minute without an answer, and the reader may well take longer.
talk()
{
    local try
    for try in 1 2 3; do
        LAB_TOUR=$work talk_once >>"$work/client" 2>&1 && return
        tour_goes_on || exit
        note "the client gave up (${try}); it is started once more"
    done
    false
}

# How the clients talk, unless the lab says otherwise.
speak_zen()
{
    talk_once() { "$client" 127.0.0.1 --port "$port"; }
    stay_connected()
    {
        exec {peer}<>"/dev/tcp/127.0.0.1/$port" || return 1
        printf 'Simple is better than?' >&"$peer"
        read -r -d . -u "$peer" # answered: somebody serves this client
    }
}

keep_company()
{
    local announced port server_pid peer silence
    trap end_all EXIT # the script itself may have been killed
    exec {silence}<> <(:) # nothing ever comes from it
    wait_until server_listens
    port=${announced##*:}
    server_pid=$(<"$work/pid")
    wait_until server_is_idle # all of its threads have started and wait: the order is certain
    if talk && wait_until server_is_idle && stay_connected; then
        note "a second client has come, was answered once, and stays; now: kill -TERM $server_pid"
        kill -TERM "$server_pid"
    elif tour_goes_on; then
        echo "no client got through: $(tail -n 1 "$work/client")" >>"$work/problem"
        kill -KILL "$server_pid"
    fi
    wait_until false # the second client stays until the tour is over
}

# -- the tour -------------------------------------------------------------------------------------
# Everything that runs has this folder in its environment: nothing escapes by a fork or a session of
# its own.
leftovers() { { grep -lszxF "LAB_TOUR=$work" /proc/[0-9]*/environ || true; } | cut -d/ -f3; }

end_all()
{
    local pids
    [[ -n $work ]] || return 0
    touch "$work/over" || true
    while pids=$(leftovers) && [[ -n $pids ]]; do
        # shellcheck disable=SC2086 # words are meant
        kill -KILL $pids || true
    done
    wait
    rm -rf "$work"
    work=''
} 2>/dev/null # bash would tell of each that was killed

explain_failure() # LAB STATUS
{
    local in_a_container='in a container: --cap-add=SYS_PTRACE'
    if [[ $mode == check && ($2 == 124 || $2 == 137) ]]; then
        fail "$1: not through after $limit seconds"
    elif grep -qi 'ptrace' "$work/gdb"; then
        fail "gdb may not trace here; as root: sysctl kernel.yama.ptrace_scope=1; $in_a_container"
    elif grep -qi 'python.* not supported' "$work/gdb"; then
        fail "this gdb has no Python; as root: apt-get install gdb (in place of gdb-minimal)"
    fi
    [[ -s $work/problem ]] || cp "$work/gdb" "$work/problem"
    fail "$1: $(cat "$work/problem")"
}

tour() # LAB
{
    local server=$build/solutions/$1/server flags met='' i
    local runs=('')
    [[ -x $client && -x $server && ! solutions/$1/server.cpp -nt $server ]] ||
        fail "$server or $client is not built, or old: make step LAB=$1"
    speak_zen
    # shellcheck source=/dev/null
    [[ ! -e solutions/$1/tour.sh ]] || source "solutions/$1/tour.sh"
    [[ ! -e solutions/$1/tour.flags ]] || mapfile -t runs <"solutions/$1/tour.flags"
    for i in "${!runs[@]}"; do
        flags=${runs[i]}
        run_once "$1" $((i == ${#runs[@]} - 1))
        [[ -n $met ]] || return 0 # the reader has seen enough
    done
}

run_once() # LAB IS_LAST, with `server`, `flags` and what has been met before of the caller; sets `met`
{
    local guide=(gdb -nx -q -batch -x grading/tour.py "$server") status=0
    [[ $mode != check ]] || guide=(timeout --foreground -k 2 "$limit" "${guide[@]}")
    work=$(mktemp -d)
    touch "$work"/{out,log,client,notes,met}
    keep_company </dev/null 2>>"$work/notes" 3<&- 4>&- &
    # In the background, so that a signal to this script is answered at once.
    env LAB_TOUR="$work" TOUR_SOURCE="solutions/$1/server.cpp" TOUR_WORK="$work" \
        TOUR_FLAGS="$flags" TOUR_MET="$met" TOUR_LAST="$2" \
        TOUR_MODE="$mode" TOUR_COLOUR="$colour" SHELL=/bin/sh LC_ALL=C.UTF-8 DEBUGINFOD_URLS= \
        ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}" \
        "${guide[@]}" </dev/null >"$work/gdb" 2>&1 &
    wait $! || status=$?
    # Some versions of gdb end with status 0 though the script has failed.
    [[ $status == 0 && -e $work/done ]] || explain_failure "$1" "$status"
    met=$(<"$work/met")
    end_all
}

# Sets `labs` to the ones that are meant: 02, 02-fork, or all.
choose_labs()
{
    local all name
    mapfile -t all < <(ls solutions)
    labs=()
    for name in "${all[@]}"; do
        if [[ $1 == all || $name == "$1" || $name == "$1"-* ]]; then
            labs+=("$name")
        fi
    done
    [[ ${#labs[@]} -gt 0 ]] || refuse "'$1' is no lab; there are: ${all[*]}"
}

main()
{
    mode=run colour=0 work=''
    [[ -t 0 && -t 1 ]] && mode=ask
    [[ -t 1 && -z ${NO_COLOR-} ]] && colour=1
    case ${1-} in
    --help) help && exit ;;
    --check) mode=check && shift ;;
    -*) refuse "unknown option $1" ;;
    '') refuse "which lab?" ;;
    esac
    [[ $# -le 2 ]] || refuse "too many arguments"
    build=${2-build/debug} client=${2-build/debug}/common/clients/zen_client
    choose_labs "${1-all}"
    command -v gdb >/dev/null || fail "there is no gdb: grading/setup.sh installs it"

    exec 3<&0 4>&1 # keys and page; gdb keeps off both
    trap end_all EXIT
    trap 'echo; exit 130' INT
    trap 'exit 143' TERM HUP
    for lab in "${labs[@]}"; do
        tour "$lab"
    done
}
main "$@"
