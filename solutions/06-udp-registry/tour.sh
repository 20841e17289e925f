# shellcheck shell=bash disable=SC2154 # port and client are the tour's
# Who talks in the guided tour of this lab: one registers, says hello and leaves; another one stays.
talk_once() { echo hello | "${client%/*}/registry_client" 127.0.0.1 --port "$port"; }
stay_connected()
{
    exec {peer}<>"/dev/udp/127.0.0.1/$port" || return 1
    printf '#REG' >&"$peer"
    printf 'I stay' >&"$peer"
    read -r -N 1 -u "$peer" # heard: it is on the register
}
