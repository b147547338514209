#!/usr/bin/env bash
# Usage: fetch-debian.sh SUITE DIRECTORY PACKAGE…
# Unpacks packages of a Debian suite into the new DIRECTORY, without their dependencies. A PACKAGE that ends with ? is
# left out if the suite does not have it. The packages are not installed: no service starts, and packages of several
# suites can exist side by side.
set -euo pipefail

fail() {
  echo "fetch-debian: $*" >&2
  exit 1
}

find_keyring() {
  local extension
  for extension in gpg pgp; do
    if [[ -f /usr/share/keyrings/debian-archive-keyring.$extension ]]; then
      echo "/usr/share/keyrings/debian-archive-keyring.$extension"
      return
    fi
  done
  fail "there is no Debian keyring; install the package debian-archive-keyring"
}

# Prints every archive that this machine's apt knows. Only Debian's passes the check of its signature later.
mirrors() {
  if [[ -n ${OSO_DEBIAN_MIRROR:-} ]]; then
    echo "$OSO_DEBIAN_MIRROR"
  else
    apt-get update --print-uris | sed -nE "s|^'(.*)/dists/[^/']+/InRelease'.*|\1|p" | awk '!seen[$0]++'
  fi
}

# Runs apt with its own lists and archives in $work, and without the list of installed packages. It checks signatures.
# It accepts expired lists, because a mirror of the testing suite may lag by more than their week.
private_apt() {
  apt-get -qq \
    -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$work/cache" \
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any \
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

update_from_a_mirror() {
  local suite=$1 mirror
  for mirror in $(mirrors); do
    echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
    if private_apt update 2>>"$work/errors"; then
      return
    fi
  done
  cat "$work/errors" >&2
  fail "no archive in apt's sources serves Debian's $suite; name a mirror in OSO_DEBIAN_MIRROR, or update debian-archive-keyring if a key is missing"
}

choose() {
  local package
  for package in "$@"; do
    if [[ $package != *\? ]]; then
      packages+=("$package")
    elif private_apt --print-uris download "${package%\?}" &>/dev/null; then
      packages+=("${package%\?}")
    fi
  done
}

unpack() {
  local root=$1 package directory
  # Newer packages have everything below /usr and expect these links, so the links are made first.
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  for directory in bin sbin lib lib64; do
    ln -s "usr/$directory" "$root/$directory"
  done
  for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" --keep-directory-symlink --no-same-owner
  done
}

suite=$1 root=$2
shift 2
packages=()
keyring=$(find_keyring)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists,cache/archives}/partial
update_from_a_mirror "$suite"
choose "$@"
(cd "$work" && private_apt download "${packages[@]}") || fail "could not download ${packages[*]} of $suite"
unpack "$root"
