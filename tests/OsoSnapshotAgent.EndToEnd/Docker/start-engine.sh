#!/usr/bin/env bash
# Usage: start-engine.sh DOCKER-ROOT DIRECTORY
# Runs dockerd with all its files in DIRECTORY. Its own namespaces make its processes, mounts and bridges end with it.
# dockerd ends when stdin closes, also if the test host crashes. Then the script makes the file DIRECTORY/ended.
set -euo pipefail

exec 3<&0 >"$2/log" 2>&1
export PATH=$1/usr/bin:$1/usr/sbin:$PATH

# shellcheck disable=SC2016 # the inner shell expands it
unshare --pid --fork --kill-child --mount --mount-proc --net sh -c 'ip link set lo up && exec "$@"' sh \
  dockerd --host "unix://$2/socket" --data-root "$2/data" --exec-root "$2/exec" --pidfile "$2/pid" \
  --iptables=false --ip6tables=false --bridge=none --exec-opt native.cgroupdriver=cgroupfs <&- 3<&- &
namespaces=$!
cat <&3 >/dev/null &

# A timeout's signal goes to the whole process group, and this script must still tidy up.
trap : INT TERM HUP
wait -n || true
kill -KILL "$namespaces" 2>/dev/null || true
touch "$2/ended"
wait || true
rm -rf --one-file-system "$2"
