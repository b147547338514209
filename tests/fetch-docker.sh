#!/usr/bin/env bash
# Unpacks Debian trixie's Docker and its compose plugin into $OSO_DOCKER_ROOT, for the tests that need an engine. The
# programs need glibc 2.34 or later, and this machine's runc.
set -euo pipefail

root=${OSO_DOCKER_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/docker}

mkdir -p "$(dirname "$root")"
# Two checkouts may share the folder. The second one waits until the first one has fetched everything.
exec 9>"$root.lock"
flock 9
[[ ! -d $root ]] || exit 0
echo "Fetching Docker of Debian trixie …"
work=$(mktemp -d "$root.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../src/build/fetch-debian.sh" trixie "$work/root" docker.io docker-cli docker-compose containerd
mv --no-target-directory "$work/root" "$root"
