#!/usr/bin/env bash
# Usage: fetch-sysroot.sh ARCHITECTURE
# Unpacks what a program is linked with, for amd64 or arm64, and prints the folder. It is Debian bullseye's, because a
# program starts only where glibc is as new as the one that it was linked with. OSO_SYSROOTS names the parent folder.
set -euo pipefail

architecture=$1
suite=bullseye
# libssl1.1 is for the tests: .NET opens it at run time.
packages=(libc6 libc6-dev linux-libc-dev libgcc-10-dev libgcc-s1 libssl1.1)
sysroots=${OSO_SYSROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/sysroots}
directory=$sysroots/$suite-$architecture
keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.[gp][pg][gp]' | head -1)

# Runs apt with its own lists and without the list of installed packages. It checks signatures.
private_apt() {
  apt-get -qq \
    -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$work/cache" \
    -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
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

fetch() {
  local mirror
  for mirror in $(mirrors); do
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
    if private_apt update 2>>"$work/errors" && (cd "$work" && private_apt download "${packages[@]}" 2>>"$work/errors"); then
      return
    fi
  done
  cat "$work/errors" >&2
  echo "fetch-sysroot: no archive in apt's sources serves $suite for $architecture; name a mirror in OSO_DEBIAN_MIRROR" >&2
  exit 1
}

# The linker would follow an absolute link into this machine's own files.
make_links_relative() {
  local link
  find "$1" -type l -lname '/*' | while read -r link; do
    ln -sfn --relative "$1$(readlink "$link")" "$link"
  done
}

mkdir -p "$sysroots"
exec 9>"$sysroots/.lock"
flock 9
if [[ ! -d $directory ]]; then
  work=$(mktemp -d "$sysroots/.$suite-$architecture.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/{lists,cache/archives}/partial "$work/root"
  fetch
  for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$work/root" --no-same-owner
  done
  make_links_relative "$work/root"
  mv --no-target-directory "$work/root" "$directory"
fi
echo "$directory"
