#!/usr/bin/env bash
# Usage: POD_…=… start-pod.sh COMMAND…
# Makes a pod's namespaces and runs pod.sh as their PID 1. Ends them when stdin closes: also when the test host crashes.
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

# PID 1 itself is killed: it has changed its user since unshare asked the kernel to kill it, and that made the kernel forget.
kill_first_process() {
  # A time limit's signal goes to the whole process group; this process has still something to do.
  trap '' INT TERM HUP
  cat <&3
  kill -KILL "$(tr -d ' ' <"/proc/$namespaces/task/$namespaces/children")"
}

kill_first_process &>/dev/null &
watcher=$!
status=0
wait "$namespaces" || status=$?
# Else it would wait for stdin, and then kill whoever has that number by now.
kill -KILL "$watcher" 2>/dev/null || true
exit "$status"
