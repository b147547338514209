#!/usr/bin/env bash
# Compares the agent with tar with gzip, pigz and igzip, on generated blocks of a real Prometheus. Also measures that
# Prometheus' queries beside the agent. These variables, with their defaults, change it: OSO_BENCH_SIZE (1GiB),
# OSO_BENCH_SMALL_SIZE (64MiB), OSO_BENCH_ROUNDS (3), OSO_BENCH_LOAD_SECONDS (60, for each row of a table of queries),
# OSO_BENCH_DIR (/var/tmp).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

prometheus=${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}/bookworm/usr/bin/prometheus
pid=

fail() {
  echo "bench: $*" >&2
  exit 1
}

stop_server() {
  [[ -n $pid ]] || return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  pid=
}

clean_up() {
  stop_server
  rm -rf "$work"
}

# bench_size NAME SIZE ARGUMENT…: measures blocks of this size. The arguments go to bench.py.
bench_size() {
  local name=$1 size=$2 data=$work/$1 port
  shift 2
  echo
  echo "=== $size of blocks: generating, then a Prometheus on loopback that scrapes itself"
  dotnet run --project tests/TsdbGenerator --configuration Release -- "$data" --size "$size" --blocks 3 --until now --seed 1
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  printf 'scrape_configs:\n- job_name: self\n  scrape_interval: 1s\n  static_configs: [{targets: ["127.0.0.1:%s"]}]\n' "$port" >"$work/$name.yml"
  # Equal block durations prevent compaction, so every run finds the same blocks.
  "$prometheus" --config.file="$work/$name.yml" --storage.tsdb.path="$data" --web.listen-address="127.0.0.1:$port" --web.enable-admin-api \
    --storage.tsdb.retention.time=10y --storage.tsdb.min-block-duration=2h --storage.tsdb.max-block-duration=2h &>"$work/$name.log" &
  pid=$!
  local deadline=$((SECONDS + 60))
  until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/-/ready"; do
    ((SECONDS < deadline)) || fail "Prometheus is not ready: $(tail -n 3 "$work/$name.log")"
    sleep 0.2
  done
  python3 -B tests/bench/bench.py --agent "$PWD/dist/oso-snapshot" --data "$data" --url "http://127.0.0.1:$port" --server "$pid" \
    --title "$size" --rounds "${OSO_BENCH_ROUNDS:-3}" --markdown "$PWD/dist/bench.md" "$@"
  stop_server
  rm -rf "$data"
}

for program in "$prometheus" dist/oso-snapshot; do
  [[ -x $program ]] || fail "$program is missing; run ./build.sh bench"
done
work=$(mktemp -d "${OSO_BENCH_DIR:-/var/tmp}/oso-bench.XXXXXX")
trap clean_up EXIT
rm -f dist/bench.md
bench_size small "${OSO_BENCH_SMALL_SIZE:-64MiB}"
bench_size large "${OSO_BENCH_SIZE:-1GiB}" --load-seconds "${OSO_BENCH_LOAD_SECONDS:-60}"
echo
echo "The same as Markdown: dist/bench.md"
