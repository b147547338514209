#!/usr/bin/env bash
# Usage: POD_…=… start-pod.sh COMMAND…
# Makes a pod's namespaces and runs pod.sh as their PID 1. Ends them when stdin closes, also if the test host crashes.
set -euo pipefail

exec 3<&0 >"$POD_DIRECTORY/log" 2>&1
join=()
net=(--net)
if [[ -n ${POD_NETWORK_OF:-} ]]; then
  join=(nsenter --target "$POD_NETWORK_OF" --net)
  net=()
fi

"${join[@]}" unshare --pid --fork --uts --mount --mount-proc "${net[@]}" \
  bash "$(dirname "$0")/pod.sh" "$@" <&- 3<&- &
namespaces=$!

# PID 1 must be killed itself. unshare has asked the kernel to do that, but the kernel forgot it when PID 1 changed its
# user.
kill_first_process() {
  trap '' INT TERM HUP
  cat <&3
  touch "$POD_DIRECTORY/abandoned"
  kill -KILL "$(tr -d ' ' <"/proc/$namespaces/task/$namespaces/children")"
}

kill_first_process &>/dev/null &
watcher=$!

# A timeout's signal goes to the whole process group, and this script must still tidy up.
trap : INT TERM HUP
status=0
while kill -0 "$namespaces" 2>/dev/null; do
  wait "$namespaces" || status=$?
done
# The watcher would wait for stdin, and then kill another process that has PID 1's number by then.
kill -KILL "$watcher" 2>/dev/null || true
if [[ -e $POD_DIRECTORY/abandoned ]]; then
  rm -rf --one-file-system "$POD_DIRECTORY"
fi
exit "$status"
