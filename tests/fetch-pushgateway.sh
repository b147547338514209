#!/usr/bin/env bash
# Unpacks the Pushgateway of Debian trixie into $OSO_PUSHGATEWAY_ROOT, for the tests of --push.
set -euo pipefail

root=${OSO_PUSHGATEWAY_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/pushgateway}
version=1.11

mkdir -p "$(dirname "$root")"
# Two checkouts may share the folder. The second one waits until the first one has fetched everything.
exec 9>"$root.lock"
flock 9
[[ ! -d $root ]] || exit 0
echo "Fetching the Pushgateway of Debian trixie …"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../src/build/fetch-debian.sh" trixie "$work/root" prometheus-pushgateway
if ! "$work/root/usr/bin/prometheus-pushgateway" --version 2>&1 | grep -F " $version."; then
  echo "fetch-pushgateway: Debian trixie has no Pushgateway $version that runs on this machine" >&2
  exit 1
fi
mv --no-target-directory "$work/root" "$root"
