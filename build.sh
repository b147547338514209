#!/usr/bin/env bash
# Runs the verbs of a checkout. Each verb is short, because src/build/, docker/ and tests/ do the work.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'EOF'
Usage: ./build.sh VERB

  demo     run the agent on a real Prometheus with data, restore the archive into a second one, compare a query
  test     run every test; the last line is "N passed, N failed"
  publish  compile the native binary dist/oso-snapshot
  client   make the operator's client kubectl-oso_snapshot in dist/, for Linux, macOS and Windows
  release  make in dist/release/ what a release publishes: archives of the client, images, sums, bills of materials
  outdated list the NuGet packages that have a newer version
  image    make the images localhost/oso_snapshot:dev (and dist/oso_snapshot.oci.tar) and localhost/oso_snapshot_client:dev,
           with docker, podman or buildah
  mutants  change the code that guards deletion and verification, one place at a time, and print the changes that no
           test detects
  judge    damage blocks in 2,000 ways, ask real servers about each, and append what they do to tests/judge.tsv; this
           takes about 20 minutes, and continues where it was interrupted
  fuzz     mutate archives, blocks, lists, answers, settings and command lines: ./build.sh fuzz [ROUNDS] [SEED]; each is
           understood or refused, in time and with little memory; see tests/SOAK.md
  soak     run a class of tests with more seeds: ./build.sh soak CLASS [ROUNDS]; see tests/SOAK.md
  bench    compare the agent with tar with gzip, pigz and igzip, and measure it beside a Prometheus under load; this
           takes about 20 minutes
  bench-client
           compare the client with kubectl alone, and measure backup directories; about 15 minutes

If packages are missing, a verb names those that it needs and installs them with apt (through sudo if you aren't root).
EOF
}

verb_publish() {
  src/build/publish.sh
}

verb_client() {
  src/build/client.sh
}

verb_image() {
  src/build/install-packages.sh binutils busybox ca-certificates libisal2 python3
  # shellcheck source-path=SCRIPTDIR source=docker/lib.sh
  if ! (. docker/lib.sh && find_engine) &>/dev/null; then
    src/build/install-packages.sh buildah podman runc
  fi
  verb_publish
  docker/image.sh
  src/build/client.sh "linux-$(dpkg --print-architecture)"
  docker/client/image.sh
}

verb_release() {
  src/build/install-packages.sh binutils buildah busybox ca-certificates libisal2 podman python3 runc zip
  src/build/release.sh
}

verb_outdated() {
  dotnet list package --outdated
}

verb_demo() {
  src/build/install-packages.sh curl libisal2 python3 xz-utils
  verb_publish
  tests/fetch-prometheus.sh bookworm
  tests/demo.sh
}

verb_bench() {
  src/build/install-packages.sh curl isal libisal2 pigz python3 util-linux xz-utils
  verb_publish
  tests/fetch-prometheus.sh bookworm
  tests/bench/bench.sh
}

verb_bench-client() {
  src/build/install-packages.sh bc curl podman runc xz-utils
  verb_image
  tests/fetch-prometheus.sh bookworm
  tests/fetch-kubectl.sh
  tests/bench/client.sh
}

verb_mutants() {
  src/build/install-packages.sh libisal2 python3 util-linux
  tests/mutants.py
}

verb_judge() {
  src/build/install-packages.sh curl xz-utils
  tests/fetch-prometheus.sh bookworm trixie forky
  nice -n 19 dotnet run --project tests/TsdbJudge --configuration Release -- run tests/judge.tsv 2000
}

verb_fuzz() {
  src/build/install-packages.sh libisal2 python3
  nice -n 19 tests/fuzz.sh "$@"
}

verb_soak() {
  verb_image
  tests/fetch-prometheus.sh bookworm trixie forky
  tests/fetch-kubectl.sh
  tests/soak.sh "$@"
}

fetch_for_tests() {
  tests/fetch-prometheus.sh bookworm trixie forky
  tests/fetch-kubectl.sh
  tests/fetch-pushgateway.sh
  tests/fetch-docker.sh || echo "Docker can't be fetched, so its tests are skipped."
  tests/fetch-faketime.sh || echo "libfaketime can't be fetched, so the tests with a wrong clock are skipped."
  tests/fetch-s3.sh || echo "Ceph can't be fetched, so the tests with its S3 server are skipped."
}

verb_test() {
  # A failure before the first test must change the last line too.
  trap 'echo "0 passed, 1 failed"' EXIT
  src/build/install-packages.sh buildah curl iproute2 libisal2 pigz podman procps python3 \
    qemu-user-static runc shellcheck strace xz-utils zip

  # The native compiler leaves part of the machine idle. The output waits in a file: it may not follow the last line.
  local log fetching
  log=$(mktemp)
  fetch_for_tests &>"$log" &
  fetching=$!
  verb_image
  if [[ $(dpkg --print-architecture) == amd64 ]]; then
    src/build/publish.sh arm64
    docker/image.sh arm64
    src/build/client.sh linux-arm64
  fi
  src/build/client.sh darwin-arm64
  wait "$fetching" || { cat "$log"; exit 1; }
  cat "$log"
  rm "$log"
  trap - EXIT
  tests/run-tests.sh tests/OsoSnapshotAgent.Tests tests/OsoSnapshotClient.Tests tests/TsdbGenerator.Tests tests/OsoSnapshotAgent.EndToEnd
}

case "${1:-}" in
  demo | test | publish | client | image | release | outdated | mutants | judge | fuzz | soak | bench | bench-client)
    verb=$1
    shift
    "verb_$verb" "$@"
    ;;
  "") usage ;;
  *)
    echo "There is no verb '$1'." >&2
    usage >&2
    exit 2
    ;;
esac
