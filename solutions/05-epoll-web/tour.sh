# shellcheck shell=bash disable=SC2154 # sourced by grading/tour.sh, whose variables these are
# How the clients of the guided tour talk: grading/tour.sh.
talk_once() { curl -sSi --max-time 60 "http://127.0.0.1:$port/"; }

stay_connected()
{
    exec {peer}<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET / HTTP/1.1\r\nHost: tour\r\n\r\n' >&"$peer"
    read -r -d '!' -u "$peer" # the end of the greeting: somebody serves this client
}
