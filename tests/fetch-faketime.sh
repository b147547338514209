#!/usr/bin/env bash
# Unpacks Debian's libfaketime into $OSO_FAKETIME_ROOT, for the tests with a wrong clock.
set -euo pipefail

root=${OSO_FAKETIME_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/faketime}
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9
[[ ! -d $root ]] || exit 0
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../src/build/fetch-debian.sh" this "$work/all" libfaketime
mkdir "$work/root"
cp "$work"/all/usr/lib/*/faketime/libfaketime.so.1 "$work/root"
mv --no-target-directory "$work/root" "$root"
