#!/usr/bin/env bash
# Unpacks Debian's kubectl into $OSO_KUBECTL_ROOTS/VERSION, for the tests of the client: 1.32 of trixie, and 1.36 of
# forky. The machine's own kubectl is never used.
set -euo pipefail

roots=${OSO_KUBECTL_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/kubectl}

fetch() {
  local suite=$1 version=$2
  echo "Fetching kubectl of Debian $suite …"
  work=$(mktemp -d "$roots/.$version.XXXXXX")
  "$(dirname "${BASH_SOURCE[0]}")/../src/build/fetch-debian.sh" "$suite" "$work/root" kubectl
  if ! "$work/root/usr/bin/kubectl" version --client | grep -F " v$version."; then
    echo "fetch-kubectl: Debian $suite has no kubectl $version that runs on this machine" >&2
    exit 1
  fi
  mv --no-target-directory "$work/root" "$roots/$version"
  rm -rf "$work"
}

mkdir -p "$roots"
# Two checkouts may share the folder. The second one waits until the first one has fetched everything.
exec 9>"$roots/.lock"
flock 9
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
for source in trixie:1.32 forky:1.36; do
  if [[ ! -d $roots/${source#*:} ]]; then
    fetch "${source%:*}" "${source#*:}"
  fi
done
