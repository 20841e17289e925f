#!/usr/bin/env bash
# grading/setup.sh: the one list of packages, and their installation.
#
# usage: grading/setup.sh [--group student|class|full|bench|engines] [--check | --list | --help]
#
#   (no option)   install what is missing; says nothing when nothing is
#   --check       print what is missing, one name a line; exit 1 if anything is
#   --list        print the packages of the group
#   --group NAME  student  what `make grade` and `make test LAB=NN` need
#                 class    that, and what `make grade-class` needs
#                 full     that, and what `make test` needs (the default)
#                 bench    that, and the servers that `make bench-core` compares ours with
#                 engines  that of full, and what `make test-engines` starts
#
# For Debian 12 and 13, Ubuntu 22.04 and 24.04. As root it installs; otherwise by
# sudo; without sudo it prints the line for somebody who is root. On another
# system it compares its list with the compiler, commands and headers found.
# Exit: 0 all is there, 1 something is missing, 2 wrong usage.

set -euo pipefail

# One entry a package, the same name on all four releases unless alternatives
# are given: any of them will do, and the first that the release has is installed.
# The last one stands in every release.
#
# Boost: somebody who tries another version keeps it (they exclude each other).
# clang-format and clang-tidy: formatting differs from version to version, and 14 is
# ours. Debian 13 has no 14: there, `make format` may disagree, and its own is taken.
readonly student_packages=(
    g++ make gdb git less
    libgtest-dev libgmock-dev
    'libboost-dev|libboost1.81-dev|libboost1.83-dev|libboost1.88-dev|libboost-dev'
    'libboost-filesystem-dev|libboost-filesystem1.81-dev|libboost-filesystem1.83-dev|libboost-filesystem1.88-dev|libboost-filesystem-dev'
    libspdlog-dev libcli11-dev nlohmann-json3-dev libyaml-cpp-dev
    bubblewrap libseccomp-dev
    python3 curl netcat-openbsd strace iproute2 procps ca-certificates
)
readonly class_packages=(
    "${student_packages[@]}"
    libsqlite3-dev libarchive-dev libgit2-dev libssl-dev
)
full_packages=(
    "${class_packages[@]}"
    zip
    'clang-format-14|clang-format'
    'clang-tidy-14|clang-tidy'
    shellcheck libxml2-utils patch apache2-utils similarity-tester
    python3-jsonschema python3-yaml perl unzip
)
# Ubuntu's is a stub that wants snap: there, make browser takes what browser it finds.
if grep -qs '^ID=debian' /etc/os-release; then full_packages+=(chromium chromium-driver); fi
readonly engines_packages=("${full_packages[@]}" slurmctld slurmd slurm-client munge parallel openssh-server openssh-client)
readonly bench_packages=("${full_packages[@]}" 'nginx-light|nginx')

# The same, for a system without apt: what to look for instead.
readonly plain_list='g++ 11 or newer, GNU make 4.3 or newer, gdb, git, less, GoogleTest and GoogleMock,
Boost 1.74 to 1.88 (headers and Boost.Filesystem), spdlog (compiled), CLI11, nlohmann-json,
yaml-cpp, libseccomp, bubblewrap, Python 3, curl, OpenBSD netcat, strace, ss (iproute2), ps (procps);
for make grade-class also SQLite, libarchive, libgit2, OpenSSL (headers);
for make test also clang-format 14, clang-tidy 14, shellcheck, xmllint (libxml2), patch, ab,
sim_c++ (similarity-tester), Chromium and its driver, jsonschema and yaml for Python, perl, unzip;
for make bench-core also nginx; for make test-engines Slurm, munge, GNU parallel, sshd'
readonly student_commands=(g++ make gdb git less bwrap python3 curl nc strace ss ps)
readonly class_commands=("${student_commands[@]}")
readonly full_commands=("${class_commands[@]}" zip clang-format clang-tidy shellcheck xmllint patch ab sim_c++ perl unzip)
readonly engines_commands=("${full_commands[@]}" sinfo munged parallel sshd)
readonly bench_commands=("${full_commands[@]}" nginx)
readonly headers=(gtest/gtest.h gmock/gmock.h boost/process.hpp boost/filesystem.hpp
    spdlog/spdlog.h CLI/CLI.hpp nlohmann/json.hpp yaml-cpp/yaml.h seccomp.h)

help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

refuse()
{
    echo "setup.sh: $1 (see --help)" >&2
    exit 2
}

# Sets the arrays `packages` and `commands` to those of a group.
choose_group()
{
    case $1 in
        student) packages=("${student_packages[@]}") commands=("${student_commands[@]}") ;;
        class) packages=("${class_packages[@]}") commands=("${class_commands[@]}") ;;
        full) packages=("${full_packages[@]}") commands=("${full_commands[@]}") ;;
        engines) packages=("${engines_packages[@]}") commands=("${engines_commands[@]}") ;;
        bench) packages=("${bench_packages[@]}") commands=("${bench_commands[@]}") ;;
        *) refuse "no group '$1': student, class, full, bench or engines" ;;
    esac
}

# Prints the entries of `packages` of which no alternative is installed: one query for all.
missing_entries()
{
    local names installed entry
    IFS='|' read -r -a names <<<"$(IFS='|' && echo "${packages[*]}")"
    # dpkg-query exits 1 when it has never heard of one of them: an expected answer.
    installed=$(dpkg-query -W -f '|${Package}=${db:Status-Status}|' "${names[@]}" 2>/dev/null) || true
    for entry in "${packages[@]}"; do
        any_installed "$entry" "$installed" || echo "$entry"
    done
}

any_installed() # ENTRY INSTALLED
{
    local names name
    IFS='|' read -r -a names <<<"$1"
    for name in "${names[@]}"; do
        [[ $2 == *"|$name=installed|"* ]] && return 0
    done
    return 1
}

# Reads entries; prints for each the one name that this release installs.
resolve()
{
    local entry
    while read -r entry; do first_offered "$entry"; done
}

# A name that apt merely heard of (another package suggests it) has no candidate to install.
first_offered() # ENTRY
{
    local names name
    IFS='|' read -r -a names <<<"$1"
    for name in "${names[@]}"; do
        [[ $name == "${names[-1]}" ]] && break
        [[ $(LC_ALL=C apt-cache policy "$name" 2>/dev/null) == *'Candidate: '[^\(]* ]] && break
    done
    echo "$name"
}

# Without apt: the missing commands, then the missing headers (one run of the preprocessor).
missing_elsewhere()
{
    local command header
    for command in "${commands[@]}"; do
        type -P "$command" >/dev/null || echo "$command"
    done
    type -P g++ >/dev/null || return 0
    for header in "${headers[@]}"; do
        printf '#if !__has_include(<%s>)\n<%s>\n#endif\n' "$header" "$header"
    done | g++ -std=c++20 -E -P -x c++ - | sed '/^$/d'
}

explain_elsewhere()
{
    echo "setup.sh: no apt-get and dpkg-query here, so nothing can be installed for you."
    echo "Needed, by whatever names your system has for them:"
    echo "$plain_list"
    echo "Looked for and not found:" "$@"
} >&2

# Sets `privilege` to what stands before a command that needs root; fails if there is nothing.
find_privilege()
{
    privilege=()
    [[ $EUID == 0 ]] && return
    type -P sudo >/dev/null || return 1
    if sudo -n true 2>/dev/null; then
        privilege=(sudo -n)
    elif [[ -t 0 ]]; then
        privilege=(sudo)
    else
        return 1
    fi
    echo "setup.sh: not root, so using sudo"
}

explain_by_hand()
{
    echo "setup.sh: packages are missing, and this is neither root nor a user with sudo. As root, run:"
    echo "apt-get update && apt-get install -y --no-install-recommends $*"
} >&2

# Runs apt-get with all that it prints kept for the case that it fails.
quietly_apt()
{
    "${privilege[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null
}

# DPkg::Lock::Timeout does not cover the lock of the lists: another apt-get is waited for here.
update_lists()
{
    local tries=60
    until quietly_apt update; do
        if ! grep -q 'Could not get lock' "$log" || ((--tries == 0)); then
            echo "setup.sh: apt-get update failed; going on with the lists that are here" >&2
            grep '^[EW]:' "$log" >&2 || true
            return
        fi
        sleep 5
    done
}

install_entries()
{
    local names
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    update_lists
    mapfile -t names < <(printf '%s\n' "$@" | resolve)
    echo "setup.sh: installing ${names[*]}"
    if ! quietly_apt install --no-install-recommends "${names[@]}"; then
        tail -n 30 "$log" >&2
        echo "setup.sh: apt-get install failed (its end is above)" >&2
        exit 1
    fi
}

main()
{
    local action=install group=full missing
    while (($#)); do
        case $1 in
            --check | --list) action=${1#--} ;;
            --group) group=${2-} && shift ;;
            --group=*) group=${1#--group=} ;;
            -h | --help) help && return ;;
            *) refuse "unknown option '$1'" ;;
        esac
        shift || refuse "--group needs a name"
    done
    choose_group "$group"

    if ! type -P apt-get dpkg-query >/dev/null; then
        mapfile -t missing < <(missing_elsewhere)
        [[ $action == list ]] && echo "$plain_list" && return
        ((${#missing[@]} == 0)) && return
        [[ $action == check ]] && printf '%s\n' "${missing[@]}" && exit 1
        explain_elsewhere "${missing[@]}"
        exit 1
    fi

    if [[ $action == list ]]; then
        printf '%s\n' "${packages[@]}" | resolve
        return
    fi
    mapfile -t missing < <(missing_entries)
    ((${#missing[@]} == 0)) && return
    if [[ $action == check ]]; then
        printf '%s\n' "${missing[@]}" | resolve
        exit 1
    fi
    if ! find_privilege; then
        mapfile -t missing < <(printf '%s\n' "${missing[@]}" | resolve)
        explain_by_hand "${missing[@]}"
        exit 1
    fi
    install_entries "${missing[@]}"
}

main "$@"
