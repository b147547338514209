#!/usr/bin/env bash
# Usage: fetch-kubectl.sh DIRECTORY
# Unpacks Debian's kubectl into DIRECTORY, without installing it. The suite is trixie, because bookworm's kubectl 1.20
# has no option --target.
set -euo pipefail

directory=$1
suite=trixie
package=kubectl
keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.[gp][pg][gp]' | head -1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists,cache/archives}/partial

# Runs apt with its own lists and without the list of installed packages. It checks signatures.
private_apt() {
  apt-get -qq \
    -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$work/cache" \
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any \
    -o Acquire::Languages=none "$@"
}

mirrors() {
  if [[ -n ${OSO_DEBIAN_MIRROR:-} ]]; then
    echo "$OSO_DEBIAN_MIRROR"
  else
    apt-get update --print-uris | sed -nE "s|^'(.*)/dists/[^/']+/InRelease'.*|\1|p" | awk '!seen[$0]++'
  fi
}

for mirror in $(mirrors); do
  echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
  if private_apt update 2>>"$work/errors" && (cd "$work" && private_apt download "$package" 2>>"$work/errors"); then
    mkdir -p "$directory"
    dpkg-deb --fsys-tarfile "$work"/$package*.deb | tar --extract --directory "$directory" --no-same-owner
    exit 0
  fi
done
cat "$work/errors" >&2
echo "fetch-kubectl: no archive in apt's sources serves $package of Debian $suite; name a mirror in OSO_DEBIAN_MIRROR" >&2
exit 1
