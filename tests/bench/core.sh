#!/usr/bin/env bash
# core.sh: labs 03 to 06 beside their yardsticks, built for release; `make bench-core`.
#
#   TRIES=5        how often each pair is measured
#   ONLY=05-idle   the rows whose names have this in them
#   SERVER_CORE=1 LOAD_CORE=0
#   ZEN_CLIENTS=16 clients at once in the rows of lab 03
#
# All of it runs in a network namespace of its own, so nothing outside is touched or disturbs. Ends
# with a table; the exit status is 0 when all was measured, whatever the figures.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
labs=(03-threads 04-select-chat 05-epoll-web 06-udp-registry)

require() # COMMAND PACKAGE
{
    type -P "$1" >/dev/null && return
    echo "bench-core needs $1: grading/setup.sh --group bench, or install $2" >&2
    exit 1
}

# In the namespace: a loopback interface, and ports for many short connections.
if [[ ${1-} == --inside ]]; then
    ip link set lo up
    echo '10000 65535' >/proc/sys/net/ipv4/ip_local_port_range
    echo 200000 >/proc/sys/net/ipv4/tcp_max_tw_buckets
    ulimit -n "$(ulimit -Hn)"
    exec $build/tests/bench/core_bench $build "$2"
fi

# One worker and nothing else: without a master there is no process that could outlive us. It keeps
# its user: no other one exists in the namespace.
nginx_conf() # FOLDER
{
    local module version
    version=$(nginx -V 2>&1)
    cat <<END
user root;
daemon off;
master_process off;
error_log stderr;
pid $1/nginx.pid;
events { worker_connections 15000; }
http {
    access_log off;
    sendfile on;
    tcp_nodelay on;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    default_type text/plain;
    client_body_temp_path $1/body;
END
    for module in proxy fastcgi uwsgi scgi; do
        [[ $version == *"--without-http_${module}_module"* ]] || echo "    ${module}_temp_path $1/$module;"
    done
    cat <<END
    server {
        listen 127.0.0.1:8800 backlog=4096;
        root $1/root;
        location = / { return 200 "Hello from Epoll Server!"; }
    }
}
END
}

# A second signal must not reach rm. The servers die with core_bench.
clean_up()
{
    trap '' INT TERM HUP
    [[ -z $run ]] || kill "$run" 2>/dev/null || true
    rm -rf "$folder"
}

require nginx nginx-light
require ip iproute2
require unshare util-linux
require taskset util-linux
if (($(nproc) < 2)); then
    echo "bench-core needs two cores: one for the server, one for the load" >&2
    exit 1
fi
if (($(ulimit -Hn) < 10200)); then
    echo "bench-core holds 10,000 connections: raise the limit on descriptors (ulimit -Hn is $(ulimit -Hn))" >&2
    exit 1
fi

servers=()
for lab in "${labs[@]}"; do
    [[ -d solutions/$lab ]] && servers+=("$build/solutions/$lab/server")
done
make -s MODE=release "${servers[@]}" $build/tests/bench/{core_bench,bare_epoll_zen,bare_threads_zen,bare_udp_echo,naive_chat}

run=
folder=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
mkdir "$folder/root"
head -c 1048576 /dev/urandom >"$folder/root/megabyte.bin"
nginx_conf "$folder" >"$folder/nginx.conf"
unshare --map-root-user --net "$0" --inside "$folder" &
run=$!
wait "$run"
