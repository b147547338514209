#!/usr/bin/env bash
# Usage: AGENT_…=… agent.sh NAME=VALUE… COMMAND…
# Runs in a mount namespace of its own, in the pod's other namespaces: makes of the host's root what a container runtime would make of
# the image's, then becomes the command with these variables and no others.
set -euo pipefail

# The processes seen are those of the PID namespace that was entered.
mount -t proc proc /proc
mount --bind "$AGENT_DIRECTORY/hosts" /etc/hosts

# A /dev of its own: the kubelet puts termination-log there.
dev=$AGENT_DIRECTORY/dev
mkdir -p "$dev"
mount -t tmpfs -o mode=755 dev "$dev"
mkdir "$dev/pts"
mount --bind /dev/pts "$dev/pts"
for device in null zero full random urandom tty; do
  touch "$dev/$device"
  mount --bind "/dev/$device" "$dev/$device"
done
touch "$dev/termination-log"
mount --bind "$AGENT_TERMINATION_LOG" "$dev/termination-log"
mount --move "$dev" /dev

exec <"${AGENT_TERMINAL:-/dev/null}"
if [[ -n ${AGENT_TERMINAL:-} ]]; then
  # As a container runtime does with the console.
  chown "$AGENT_USER" "$AGENT_TERMINAL"
  exec >"$AGENT_TERMINAL" 2>&1
fi
# Such as ">/dev/full".
if [[ -n ${AGENT_REDIRECTION:-} ]]; then
  eval "exec $AGENT_REDIRECTION"
fi
exec env -i "$@"
