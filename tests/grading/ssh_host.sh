#!/usr/bin/env bash
# ssh_host.sh: this machine as one to log in to, by a key that is thrown away.
#
# usage: ssh_host.sh FOLDER COMMAND …     as root
#
# Starts an sshd of its own on a loopback port, files in FOLDER; runs the command with SSH_LOGIN in
# its environment: an ssh command that logs in. Exit: that of the command.
set -euo pipefail

[[ $# -ge 2 ]] || { sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//p}' "$0"; exit 2; }
mkdir -p "$1"
R=$(realpath "$1")
shift
rm -f "$R"/host "$R"/key "$R"/host.pub "$R"/key.pub
ssh-keygen -q -t ed25519 -N '' -f "$R/host"
ssh-keygen -q -t ed25519 -N '' -f "$R/key"
cp "$R/key.pub" "$R/authorized"
chmod 700 "$R"
chmod 600 "$R/authorized"
mkdir -p /run/sshd

port=17022
"$(type -P sshd || echo /usr/sbin/sshd)" -D -e -f /dev/null -h "$R/host" -p "$port" \
    -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile="$R/authorized" -o StrictModes=no \
    -o PidFile=none -o PermitRootLogin=prohibit-password -o UsePAM=no -o SetEnv=HOME="$R" > "$R/log" 2>&1 &
sshd=$!
trap 'kill $sshd 2> /dev/null || true' EXIT

cat > "$R/ssh" << END
#!/bin/sh
exec ssh -F /dev/null -p $port -i $R/key -o UserKnownHostsFile=/dev/null \\
    -o StrictHostKeyChecking=no -o LogLevel=ERROR "\$@"
END
chmod 755 "$R/ssh"
export SSH_LOGIN=$R/ssh
until "$R/ssh" 127.0.0.1 true 2> /dev/null; do
    kill -0 "$sshd" 2> /dev/null || { cat "$R/log" >&2; exit 1; }
done
status=0
"$@" || status=$?
exit "$status"
