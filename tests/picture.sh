#!/usr/bin/env bash
# Makes src/OsoSnapshotClient/take.svg, the picture in README.md, from a real run: a real Prometheus and the real image
# in containers of podman, the client in dist/, and the tests' stand-in for kubectl. Run ./build.sh image first. The
# script needs root or sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=../docker/lib.sh
. docker/lib.sh

picture=src/OsoSnapshotClient/take.svg
prometheus=${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}/bookworm
pod=oso-p-prom-svr-0
work=$(mktemp -d)
name=oso-picture-$$

fail() {
  echo "picture: $*" >&2
  exit 1
}

clean_up() {
  as_root podman rm --force --depend --time=0 "$name" &>/dev/null || true
  as_root rm -rf "$work"
}

# Writes the stand-in's configuration, with which it does the work of kubectl and the kubelet.
write_cluster() {
  mkdir "$work/cluster"
  cat >"$work/cluster/config.json" <<EOF
{"podman": [$( ((EUID == 0)) || printf '"sudo", ')"env", "CONTAINERS_CONF=$work/containers.conf", "podman"],
 "image": "localhost/oso_snapshot:dev",
 "cluster": {"$pod": {"container": "$name", "labels": {}, "run": ["--pid=container:$name", "--network=container:$name",
   "--user=65534:65534", "--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL"],
   "spec": {"containers": [{"name": "prom-svr", "image": "prometheus", "args": ["--storage.tsdb.path=/data"]}]}}}}
EOF
}

start_prometheus() {
  mkdir "$work/data" "$work/etc"
  dotnet run --project tests/TsdbGenerator --configuration Release -- "$work/data" --size 48MiB --blocks 3 --until now --seed 1 >/dev/null
  printf 'scrape_configs:\n- job_name: self\n  scrape_interval: 1s\n  static_configs: [{targets: ["127.0.0.1:9090"]}]\n' >"$work/etc/prometheus.yml"
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' \
    >"$work/containers.conf"
  chmod 755 "$work"
  as_root chown -R 65534:65534 "$work/data" "$work/etc"
  export CONTAINERS_CONF=$work/containers.conf
  as_root podman run --detach --name "$name" --network=none --user=65534:65534 --cap-drop=ALL --volume="$work/data:/data" \
    --volume="$work/etc:/etc/prometheus:ro" --rootfs "$prometheus:O" /bin/prometheus --config.file=/etc/prometheus/prometheus.yml \
    --storage.tsdb.path=/data --storage.tsdb.retention.time=10y --web.enable-admin-api >/dev/null
  local deadline=$((SECONDS + 60))
  until as_root podman logs "$name" 2>&1 | grep -q "Server is ready"; do
    ((SECONDS < deadline)) || fail "Prometheus is not ready"
    sleep 0.2
  done
  # After this time the head has samples.
  sleep 5
}

for file in dist/kubectl-oso_snapshot "$prometheus/usr/bin/prometheus"; do
  [[ -x $file ]] || fail "$file is missing; run ./build.sh test once"
done
trap clean_up EXIT
start_prometheus
write_cluster
client=$PWD/dist/kubectl-oso_snapshot
(
  cd "$work/cluster"
  STANDIN=$work/cluster KUBECTL=$OLDPWD/tests/OsoSnapshotAgent.EndToEnd/Plugin/kubectl OSO_SNAPSHOT_IMAGE=localhost/oso_snapshot:dev \
    "$client" take -n oso "$pod" --progress plain
) &>"$work/run.txt" || fail "the run failed: $(tail -n 5 "$work/run.txt")"
python3 tests/picture.py "kubectl oso-snapshot take -n oso $pod" <"$work/run.txt" >"$picture"
echo "$picture: $(stat -c %s "$picture") bytes, of $(wc -l <"$work/run.txt") lines"
[[ -z ${OSO_PICTURE_TEXT:-} ]] || cp "$work/run.txt" "$OSO_PICTURE_TEXT"
