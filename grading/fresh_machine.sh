#!/usr/bin/env bash
# grading/fresh_machine.sh: shows that a bare machine needs the README's two commands and no more.
#
# usage: [AS=user|root] [COMMANDS=...] grading/fresh_machine.sh [SUITE]     (make fresh-machine)
#
#   bare root (mmdebstrap, cached) ── unpack ── clone HEAD ── make grade LAB=01 ── make test
#
#   SUITE     a release of this machine's distribution: bookworm (the default), trixie
#   AS        user  `student`, with sudo (the default)
#             root  root, without
#   COMMANDS  other commands instead, one a line; each runs in the clone
#
# Packages come from where this machine's apt takes its own, with the suite's name replaced.
# Only what is committed is tried. Logs, and the bare root's tarball, stay in
# build/fresh-machine/; remove that for a root made anew. Needs root, or sudo.
# Exit: 0 each command exited 0, 1 one did not, 2 wrong usage or no root could be made.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly top
readonly store=$top/build/fresh-machine
readonly root=$store/root
readonly host_packages=(mmdebstrap git)
readonly bare_packages=git,make,sudo,ca-certificates
readonly readme_commands=$'make grade LAB=01\nmake test'

help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

give_up()
{
    echo "fresh_machine.sh: $1" >&2
    exit 2
}

# Mounting needs root: as somebody else, the whole script starts again by sudo.
become_root()
{
    [[ $EUID == 0 ]] && return
    type -P sudo >/dev/null || give_up "needs root or sudo"
    echo "fresh_machine.sh: not root, so using sudo"
    exec sudo --preserve-env=AS,COMMANDS,http_proxy,https_proxy,no_proxy "${BASH_SOURCE[0]}" "$@"
}

need_tools()
{
    type -P mmdebstrap git >/dev/null && return
    type -P apt-get >/dev/null || give_up "needs ${host_packages[*]}, and an apt that reaches Debian's packages"
    echo "fresh_machine.sh: installing ${host_packages[*]}"
    if ! { apt-get -q update && apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "${host_packages[@]}"; } >"$store/apt.log" 2>&1; then
        give_up "could not install ${host_packages[*]}: see $store/apt.log"
    fi
}

# The distribution's own sources on this machine, and nobody else's, one line each, for another suite.
sources_for() # SUITE
{
    local host
    host=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
        awk -v host="$host" -v suite="$1" '
            /^(Debian|Ubuntu) / && index($3, host) == 1 {
                print "deb", $2, suite substr($3, length(host) + 1), $4
            }' | sort -u
}

# How this machine reaches its mirror (proxies, certificates, clocks), as lines of apt.conf.
transport_options()
{
    apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|ForceIP).* "[^"]' |
        grep -v -i 'proxy-auto-detect' || true
    [[ -z ${http_proxy-} ]] || echo "Acquire::http::Proxy \"$http_proxy\";"
    [[ -z ${https_proxy-} ]] || echo "Acquire::https::Proxy \"$https_proxy\";"
}

# Runs in the new root's making, before and after packages: certificates and passwords of the mirror.
write_hook()
{
    cat >"$store/hook" <<'HOOK'
#!/bin/sh
set -eu
for path in /etc/apt/auth.conf /etc/apt/auth.conf.d /usr/local/share/ca-certificates; do
    [ ! -e "$path" ] || { mkdir -p "$1${path%/*}" && cp -RT "$path" "$1$path"; }
done
[ ! -x "$1/usr/sbin/update-ca-certificates" ] || chroot "$1" update-ca-certificates >/dev/null
HOOK
    chmod +x "$store/hook"
}

make_bare_root() # SUITE
{
    local sources=$store/$1.list
    [[ -e $store/$1.tar ]] && return
    sources_for "$1" >"$sources"
    if ! [[ -s $sources ]]; then
        apt-get -q update >"$store/apt.log" 2>&1 || true
        sources_for "$1" >"$sources"
    fi
    [[ -s $sources ]] || give_up "this machine's apt knows no source of its own distribution"
    transport_options >"$store/apt.conf"
    write_hook
    echo "fresh_machine.sh: making a bare $1 (once; log: $store/$1.log)"
    install -m 600 /dev/null "$store/$1.part.tar" # it may hold the mirror's password
    if ! mmdebstrap --variant=minbase --include="$bare_packages" --aptopt="$store/apt.conf" \
        --setup-hook="$store/hook \"\$1\"" --customize-hook="$store/hook \"\$1\"" \
        "$1" "$store/$1.part.tar" "$sources" >"$store/$1.log" 2>&1; then
        tail -n 15 "$store/$1.log" >&2
        give_up "mmdebstrap could not make $1 (its end is above)"
    fi
    mv "$store/$1.part.tar" "$store/$1.tar"
}

# HEAD as a bundle: needs no path of ours inside, and takes nothing that is not committed.
bundle_head()
{
    local branch
    [[ -z $(git_here status --porcelain) ]] ||
        echo "fresh_machine.sh: not all is committed here; only what is committed is tried"
    branch=$(git_here symbolic-ref -q --short HEAD) || branch=
    git_here bundle create "$root/home/lab.bundle" HEAD ${branch:+"$branch"} 2>"$store/git.log" ||
        give_up "nothing to clone: $(tail -n 1 "$store/git.log")"
    chmod 644 "$root/home/lab.bundle"
}

git_here() { git -c safe.directory="$top" -C "$top" "$@"; }

# What a run that was killed outright left behind goes first; mounts went with its namespace.
unpack()
{
    rm -rf --one-file-system "$root"
    mkdir "$root"
    tar -xpf "$store/$suite.tar" -C "$root" --numeric-owner --exclude='./dev/*'
}

# What a person does who has just been given the machine.
furnish()
{
    printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$root/etc/hosts"
    cp --remove-destination -L /etc/resolv.conf "$root/etc/resolv.conf"
    [[ $who == root ]] && return
    chroot "$root" useradd --create-home --shell /bin/bash "$who"
    echo "$who ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$who"
}

# The machine's first process, in namespaces of its own: mounts, then one command as WHO.
# It stays, since the first process is the one that orphans are left to.
inside() # ROOT WHO COMMAND
{
    local node
    hostname fresh
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount -t tmpfs -o mode=755 dev "$1/dev"
    for node in null zero full random urandom tty; do
        : >"$1/dev/$node"
        mount --bind "/dev/$node" "$1/dev/$node"
    done
    mkdir "$1/dev/pts" "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$1/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    ln -s fd/0 "$1/dev/stdin" && ln -s fd/1 "$1/dev/stdout" && ln -s fd/2 "$1/dev/stderr"
    mount --rbind /sys "$1/sys"
    # pivot_root and not chroot: the kernel gives no user namespace to a process in a chroot.
    # Each on its own line: one that fails must end us before anything runs on the host.
    cd "$1"
    pivot_root . .
    umount --lazy .
    cd /
    runuser --login "$2" --command "$3" </dev/null
}

# Job control gives the machine a process group of its own with ordinary signals, so that
# Ctrl-C comes to us, and `stop` ends it; should we be killed outright, it dies of that.
run_in_root() # COMMAND
{
    local status=0
    set -m
    setpriv --pdeathsig KILL unshare --mount --pid --uts --ipc --fork --kill-child \
        "${BASH_SOURCE[0]}" --inside "$root" "$who" "$1" {lock}>&- &
    machine=$!
    set +m
    wait "$machine" || status=$?
    machine=
    return "$status"
}

stop()
{
    [[ -z ${machine-} ]] || kill -KILL "$machine" 2>/dev/null || true
    wait
    rm -rf --one-file-system "$root"
    rm -f "$store"/*.part.tar
}

# Runs one of COMMANDS and shows its end.
try() # COMMAND NUMBER
{
    local log=$store/$suite-$who-$2.log status=0 began=$SECONDS
    echo
    echo "== $who@$suite \$ $1"
    echo "   (log: ${log#"$top"/})"
    run_in_root "cd lab && { $1
    }" >"$log" 2>&1 || status=$?
    tail -n 25 "$log"
    echo "== exit $status after $((SECONDS - began)) s"
    return "$status"
}

main()
{
    local command number=0 failed=0
    suite=${1:-bookworm} who=student
    [[ ${AS:-user} == user ]] || who=root
    [[ ${AS:-user} =~ ^(user|root)$ ]] || give_up "AS is user or root, not '$AS'"
    [[ $suite =~ ^[a-z]+$ && $# -le 1 ]] || give_up "a suite is one word such as bookworm (see --help)"
    mkdir -p "$store" # while we are who we are: build/ must not become root's
    become_root "$@"
    exec {lock}>"$store/lock"
    flock -n "$lock" || give_up "another one is at work in $store"
    trap stop EXIT
    trap 'exit 130' INT TERM HUP
    need_tools
    make_bare_root "$suite"
    unpack
    furnish
    bundle_head
    run_in_root 'git -c init.defaultBranch=main clone -q /home/lab.bundle lab' >"$store/git.log" 2>&1 ||
        give_up "could not clone: $(tail -n 1 "$store/git.log")"
    while read -r command; do
        [[ -z $command ]] || try "$command" $((++number)) || failed=1
    done <<<"${COMMANDS:-$readme_commands}"
    return "$failed"
}

case ${1-} in
    --help | -h) help ;;
    --inside)
        shift
        inside "$@"
        ;;
    *) main "$@" ;;
esac
