#!/usr/bin/env bash
# Usage: fetch-prometheus.sh SUITE…
# Unpacks Debian's Prometheus, its libc and a static busybox into $OSO_PROMETHEUS_ROOTS/SUITE, as a small root file
# system for chroot. Debian's bookworm has Prometheus 2.42, trixie 2.53, and forky 3.5.
set -euo pipefail

roots=${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}
here=$(dirname "${BASH_SOURCE[0]}")

fetch() {
  local suite=$1 root
  echo "Fetching Prometheus of Debian $suite …"
  work=$(mktemp -d "$roots/.$suite.XXXXXX")
  root=$work/root
  # Since trixie, promtool is a separate package.
  "$here/../src/build/fetch-debian.sh" "$suite" "$root" prometheus libc6 busybox-static 'promtool?'
  mkdir -p "$root"/{etc,dev,proc,tmp}
  ln -s busybox "$root/usr/bin/sh"
  printf '%s\n' root:x:0:0::/:/bin/sh prometheus:x:1000:1000::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >"$root/etc/passwd"
  printf '%s\n' root:x:0: prometheus:x:1000: nobody:x:65534: >"$root/etc/group"
  chmod 1777 "$root/tmp"
  if ! "$root/usr/bin/promtool" --version >/dev/null; then
    echo "fetch-prometheus: promtool of $suite does not run on this machine" >&2
    exit 1
  fi
  mv --no-target-directory "$root" "$roots/$suite"
  rm -rf "$work"
}

mkdir -p "$roots"
# Two checkouts may share the folder. The second one waits until the first one has fetched everything.
exec 9>"$roots/.lock"
flock 9
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
for suite in "$@"; do
  if [[ ! -d $roots/$suite ]]; then
    fetch "$suite"
  fi
done
