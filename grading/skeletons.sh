#!/usr/bin/env bash
# skeletons.sh [--check | --reset] [LAB …]: labs/NN/server.cpp from solutions/NN/server.cpp.
#
# A file in which a student has worked is never overwritten: it must be what some version of the
# solution gives (the committed one or today's), or it stays and the exit status is 1.
#   --check  changes nothing; exit 1 when a skeleton is not what its solution gives
#   --reset  writes the skeleton and keeps the student's file beside it, under the time of the day
set -euo pipefail
cd "$(dirname "$0")/.."

skeleton() { # LAB: from its solution; students have it ready-made
    if [[ -e grading/skeletons/$1/server.cpp ]]; then
        cat "grading/skeletons/$1/server.cpp"
    else
        grading/make_skeleton.sh "solutions/$1/server.cpp"
    fi
}

pristine() { # LAB
    local solution=solutions/$1/server.cpp lab=labs/$1/server.cpp
    [[ ! -e $lab ]] && return 0
    skeleton "$1" | cmp -s - "$lab" && return 0
    [[ -e $solution ]] || return 1
    local committed
    committed=$(mktemp)
    git show "HEAD:$solution" > "$committed" 2>/dev/null &&
        grading/make_skeleton.sh "$committed" | cmp -s - "$lab"
    local same=$?
    rm -f "$committed"
    return $same
}

write_skeleton() { # LAB
    local lab=labs/$1/server.cpp
    mkdir -p "labs/$1"
    skeleton "$1" > "$lab.new"
    if cmp -s "$lab.new" "$lab"; then
        rm "$lab.new" # an unchanged file keeps its time: nothing is built again
        [[ $action != reset ]] || echo "$lab is the skeleton already"
    else
        mv "$lab.new" "$lab"
        echo "made $lab"
    fi
}

may_reset() { # LAB: or says what is in the way
    local closed=labs/$1
    [[ -e $closed ]] || closed=labs
    [[ -w $closed ]] && closed=labs/$1/server.cpp
    [[ $closed == */server.cpp && ( ! -e $closed || -r $closed ) ]] && return 0
    echo "$closed belongs to $(stat -c %U "$closed"), and you may not change it: make a copy of your own" \
        "(cp -r $PWD ~), or take it over (sudo chown -R \"\$USER\" $PWD)" >&2
    return 1
}

keep_aside() { # LAB
    local lab=labs/$1/server.cpp
    pristine "$1" && return 0
    local aside
    aside=labs/$1/server.$(date +%Y%m%d-%H%M%S).cpp
    until cp -n "$lab" "$aside" && cmp -s "$lab" "$aside"; do
        aside=${aside%.cpp}+.cpp # of the same second
    done
    echo "your file is kept as $aside"
}

action="write"
labs=()
for word in "$@"; do
    case $word in
    --check | --reset) action=${word#--} ;;
    --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    -*) echo "skeletons.sh: unknown option $word; see --help" >&2; exit 2 ;;
    *) labs+=("$word") ;;
    esac
done
[[ ${#labs[@]} -gt 0 ]] || mapfile -t labs < <(ls solutions)

status=0
for lab in "${labs[@]}"; do
    case $action in
    check)
        if ! grading/make_skeleton.sh "solutions/$lab/server.cpp" | cmp -s - "labs/$lab/server.cpp"; then
            echo "labs/$lab/server.cpp is not the skeleton of solutions/$lab: make skeletons" >&2
            status=1
        fi ;;
    reset)
        may_reset "$lab" || exit 2
        keep_aside "$lab"
        write_skeleton "$lab" ;;
    write)
        if pristine "$lab"; then
            write_skeleton "$lab"
        else
            echo "labs/$lab/server.cpp holds work of yours and stays; make reset LAB=$lab keeps it aside" >&2
            status=1
        fi ;;
    esac
done
exit $status
