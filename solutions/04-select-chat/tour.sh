# shellcheck shell=bash disable=SC2154 # port and client are the tour's
# Who talks in the guided tour of this lab: alice says a line and leaves; bob comes and stays.
talk_once() { printf 'hi\n' | "${client%/*}/chat_client" --name alice --port "$port"; }
stay_connected()
{
    exec {peer}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf '\0\0\0\011NAME: bob' >&"$peer"
    read -r -d ' ' -u "$peer" # CLIENT: he is welcome
}
