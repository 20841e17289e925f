#!/usr/bin/env bash
# slurm_cluster.sh: Slurm with two nodes on this one machine, without systemd.
#
# usage: slurm_cluster.sh FOLDER COMMAND …     as root
#
# Starts munge, the controller and two nodes of one processor each, all their files in FOLDER; runs
# the command with SLURM_CONF, NODE1_PID and NODE2_PID in its environment; stops them all. A node
# whose pid is killed is gone with all that ran on it, as one that has lost power. Exit: that of the
# command, or 1 when the cluster does not come up.
set -euo pipefail

[[ $# -ge 2 ]] || { sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//p}' "$0"; exit 2; }
[[ $EUID == 0 ]] || { echo "slurm_cluster.sh: only root can start a cluster" >&2; exit 1; }
mkdir -p "$1"
R=$(realpath "$1")
shift
host=$(hostname -s)
pids=()

stop() {
    local pid
    for pid in "${pids[@]}"; do kill -KILL -- "$pid" 2> /dev/null || true; done
    [[ ! -s $R/ctld.pid ]] || kill "$(< "$R/ctld.pid")" 2> /dev/null || true
    [[ ! -s $R/munge/munged.pid ]] || kill "$(< "$R/munge/munged.pid")" 2> /dev/null || true
}
trap stop EXIT

# munged insists on a user of its own, and on folders that nobody else can write.
start_munge() {
    local m=$R/munge
    rm -rf "$m"
    mkdir -p "$m"
    chmod 755 "$R" "$m"
    head -c 64 /dev/urandom > "$m/key"
    chmod 400 "$m/key"
    chown -R munge: "$m"
    setpriv --reuid=munge --regid=munge --clear-groups munged --force --key-file="$m/key" \
        --socket="$m/sock" --pid-file="$m/munged.pid" --log-file="$m/log" --seed-file="$m/seed"
}

configure() {
    rm -rf "$R/ctld" "$R/spool.n1" "$R/spool.n2" "$R/log"
    mkdir -p "$R/ctld" "$R/spool.n1" "$R/spool.n2" "$R/log"
    printf '#!/bin/sh\nexit 0\n' > "$R/epilog.sh"
    chmod 755 "$R/epilog.sh"
    cat > "$R/slurm.conf" << END
ClusterName=lab
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$R/munge/sock,cred_expire=5
SlurmctldPort=17000
SlurmctldPidFile=$R/ctld.pid
SlurmctldLogFile=$R/log/ctld.log
SlurmdLogFile=$R/log/%n.log
StateSaveLocation=$R/ctld
SlurmdSpoolDir=$R/spool.%n
SlurmdPidFile=$R/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,bf_interval=1
SlurmdParameters=config_overrides
Epilog=$R/epilog.sh
JobRequeue=1
ReturnToService=2
SlurmdTimeout=15
MessageTimeout=2
JobCompType=jobcomp/filetxt
JobCompLoc=$R/log/jobcomp.log
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17001 CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17002 CPUs=1 RealMemory=1000
PartitionName=grade Nodes=n[1-2] Default=YES
END
    export SLURM_CONF=$R/slurm.conf
}

# In a pid namespace of its own, so that killing its first process kills all of the node.
start_node() { # NAME: sets node_pid
    setsid unshare -pf --kill-child --mount-proc slurmd -D -N "$1" > "$R/log/$1.out" 2>&1 &
    node_pid=$!
    pids+=("$node_pid")
}

# Asked again and again until they say so; each question takes its time.
wait_for_nodes() {
    local deadline=$((SECONDS + 60))
    until [[ $(sinfo -h -N -t idle -o %N 2> /dev/null | sort -u | wc -l) == 2 ]]; do
        if ((SECONDS > deadline)); then
            echo "slurm_cluster.sh: the nodes do not come up; see $R/log" >&2
            exit 1
        fi
    done
}

start_munge
configure
slurmctld
start_node n1 && NODE1_PID=$node_pid
start_node n2 && NODE2_PID=$node_pid
export NODE1_PID NODE2_PID
wait_for_nodes
status=0
"$@" || status=$?
exit "$status"
