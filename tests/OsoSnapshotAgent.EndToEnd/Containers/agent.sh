#!/usr/bin/env bash
# Usage: AGENT_…=… agent.sh NAME=VALUE… COMMAND…
# Runs in its own mount namespace and in the pod's other namespaces. It changes the host's root as a container runtime
# changes an image's root, and then becomes the command, with only these variables.
set -euo pipefail

# The new /proc shows the processes of the PID namespace that was entered.
mount -t proc proc /proc
mount --bind "$AGENT_DIRECTORY/hosts" /etc/hosts

# The agent needs its own /dev, because the kubelet puts termination-log there.
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
  # A container runtime does the same with the console.
  chown "$AGENT_USER" "$AGENT_TERMINAL"
  exec >"$AGENT_TERMINAL" 2>&1
fi
# AGENT_REDIRECTION is a redirection such as ">/dev/full".
if [[ -n ${AGENT_REDIRECTION:-} ]]; then
  eval "exec $AGENT_REDIRECTION"
fi
exec env -i "$@"
