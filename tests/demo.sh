#!/usr/bin/env bash
# Runs the whole story on generated data: a real Prometheus on loopback, the agent beside it, a second Prometheus on the
# restored archive, and a third one that is empty, and gets the history back while it runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prometheus=${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}/bookworm/usr/bin/prometheus
agent=$PWD/dist/oso-snapshot
work=$PWD/dist/demo
data=$work/data
pids=()

say() { printf '\n=== %s\n' "$*"; }

fail() {
  echo "demo: $*" >&2
  exit 1
}

stop_servers() {
  ((${#pids[@]} == 0)) && return
  kill "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server NAME DATA-DIRECTORY PORT FLAG…: starts a Prometheus, whose log is NAME.log.
start_server() {
  local name=$1 directory=$2 port=$3
  shift 3
  "$prometheus" --config.file="$work/$name.yml" --storage.tsdb.path="$directory" --web.listen-address="127.0.0.1:$port" \
    --storage.tsdb.retention.time=10y "$@" &>"$work/$name.log" &
  pids+=($!)
  wait_for "the $name Prometheus is not ready; its log is $work/$name.log" \
    curl --silent --fail --output /dev/null "http://127.0.0.1:$port/-/ready"
}

stop_server() {
  kill "$1"
  wait "$1" || true
}

# wait_for MESSAGE COMMAND…: repeats the command until it succeeds, or fails with the message after a minute.
wait_for() {
  local message=$1 deadline=$((SECONDS + 60))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || fail "$message"
    sleep 0.2
  done
}

# Prints the result of a PromQL query at a fixed time, without the warnings and other fields that a version may add.
query() {
  curl --silent --show-error --fail --get "http://127.0.0.1:$1/api/v1/query" --data-urlencode "query=$2" --data-urlencode "time=$3" |
    python3 -c 'import json, sys; print(json.dumps(sorted(json.load(sys.stdin)["data"]["result"], key=str)))'
}

finds_samples() { [[ $(query "$1" "$2" "$(date +%s)") != "[]" ]]; }

compare() {
  local original restored
  original=$(query "$port" "$1" "$2")
  restored=$(query "$restored_port" "$1" "$2")
  [[ $original != "[]" ]] || fail "the query $1 at $2 found nothing: there is nothing to compare"
  [[ $original == "$restored" ]] || fail "the query $1 at $2 differs: $original before, $restored restored"
  echo "✅ $1 at $(date --utc --date="@$2" +%FT%TZ) answers the same: ${original:0:100}"
}

[[ -x $agent ]] || fail "$agent is missing; run ./build.sh publish"
[[ -x $prometheus ]] || fail "$prometheus is missing; run tests/fetch-prometheus.sh bookworm"
trap stop_servers EXIT
rm -rf "$work"
mkdir -p "$data" "$work/restored"

say "Generating blocks in ${data#"$PWD/"}"
dotnet run --project tests/TsdbGenerator --configuration Release -- "$data" --size 64MiB --blocks 3 --until now --seed 1

say "Starting Prometheus, which also scrapes itself: its head holds samples"
port=$(free_port)
printf 'scrape_configs:\n- job_name: self\n  scrape_interval: 1s\n  static_configs: [{targets: ["127.0.0.1:%s"]}]\n' "$port" >"$work/original.yml"
echo '{}' >"$work/restored.yml"
start_server original "$data" "$port" --web.enable-admin-api
wait_for "Prometheus did not scrape itself; its log is $work/original.log" finds_samples "$port" 'up{job="self"}'
# At this time the head has samples, and the snapshot does not exist yet.
head_time=$(date +%s)
block_time=$((head_time - 5 * 3600))

say "Running the agent"
OSO_SNAPSHOT_URL=http://127.0.0.1:$port OSO_SNAPSHOT_DATA_DIR=$data "$agent" </dev/null || fail "the agent ended with status $?"
mv "$data"/snapshots.tgz{,.sha256} "$work/"

say "Checking and restoring the archive"
(cd "$work" && sha256sum --check snapshots.tgz.sha256) || fail "the checksum does not match"
tar --list --verbose --gzip --file "$work/snapshots.tgz"
tar --extract --gzip --file "$work/snapshots.tgz" --directory "$work/restored"
snapshot=$(echo "$work"/restored/snapshots/*)
[[ -d $snapshot ]] || fail "the archive holds no single directory below snapshots/"
restored_port=$(free_port)
start_server restored "$snapshot" "$restored_port"

say "Comparing both servers"
compare 'up{job="self"}' "$head_time"
compare 'count({__name__!=""})' "$block_time"
compare 'sum by (job) (count_over_time(up[12h]))' "$head_time"

say "Losing the server: its data is deleted, and an empty one is started in its place"
stop_server "${pids[0]}"
mv "$data" "$work/lost"
mkdir "$data"
start_server original "$data" "$port"
wait_for "Prometheus did not scrape itself; its log is $work/original.log" finds_samples "$port" 'up{job="self"}'
[[ $(query "$port" 'count({__name__!=""})' "$block_time") == "[]" ]] || fail "the empty server has history"

say "Bringing its history back while it runs. It looks for new blocks once a minute"
OSO_SNAPSHOT_URL=http://127.0.0.1:$port OSO_SNAPSHOT_DATA_DIR=$data "$agent" wait </dev/null &
restore=$!
pids+=("$restore")
wait_for "the agent does not wait" "$agent" status >/dev/null
tests/demo_restore.py "$agent" "$snapshot"
wait "$restore" || fail "the restore ended with status $?"
compare 'up{job="self"}' "$head_time"
compare 'count({__name__!=""})' "$block_time"

say "Restarting it: nothing is lost"
own_time=$(date +%s)
own=$(query "$port" 'up{job="self"}' "$own_time")
stop_server "${pids[2]}"
start_server original "$data" "$port"
compare 'up{job="self"}' "$head_time"
compare 'count({__name__!=""})' "$block_time"
[[ $own != "[]" && $(query "$port" 'up{job="self"}' "$own_time") == "$own" ]] || fail "the server's own samples are lost"

say "The archive is ${work#"$PWD/"}/snapshots.tgz; it restores, offline and into a running server"
