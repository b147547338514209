#!/usr/bin/env bash
# Usage: fetch-prometheus.sh SUITE…     (Debian suites: bookworm has Prometheus 2.42, trixie 2.53, forky 3.5)
# Unpacks Debian's Prometheus, its libc and a static busybox into $OSO_PROMETHEUS_ROOTS/SUITE: a root file system small enough to
# chroot into. The packages are not installed, so that no service starts and several versions live side by side.
set -euo pipefail

roots=${OSO_PROMETHEUS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/oso-snapshot-agent/prometheus}

fail() {
  echo "fetch-prometheus: $*" >&2
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

# Every archive that this machine's apt knows. Which of them is Debian's shows when its signature is checked.
mirrors() {
  if [[ -n ${OSO_DEBIAN_MIRROR:-} ]]; then
    echo "$OSO_DEBIAN_MIRROR"
  else
    apt-get update --print-uris | sed -nE "s|^'(.*)/dists/[^/']+/InRelease'.*|\1|p" | awk '!seen[$0]++'
  fi
}

# apt with lists and archives of its own in $work, and no knowledge of what is installed here. Signatures are checked; how old the
# lists are is not, for a mirror of the testing suite may lag more than the week that these are valid for.
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

download() {
  local packages=(prometheus libc6 busybox-static)
  # From trixie on promtool is a package of its own.
  if private_apt --print-uris download promtool &>/dev/null; then
    packages+=(promtool)
  fi
  (cd "$work" && private_apt download "${packages[@]}") || fail "could not download ${packages[*]} of $1"
}

unpack() {
  local root=$1 package directory
  # Made first: newer packages keep everything below /usr and expect these links.
  mkdir -p "$root"/{etc,dev,proc,tmp,usr/{bin,sbin,lib,lib64}}
  for directory in bin sbin lib lib64; do
    ln -s "usr/$directory" "$root/$directory"
  done
  for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" --keep-directory-symlink --no-same-owner
  done
  ln -s busybox "$root/usr/bin/sh"
  printf '%s\n' root:x:0:0::/:/bin/sh prometheus:x:1000:1000::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >"$root/etc/passwd"
  printf '%s\n' root:x:0: prometheus:x:1000: nobody:x:65534: >"$root/etc/group"
  chmod 1777 "$root/tmp"
}

fetch() {
  local suite=$1
  echo "Fetching Prometheus of Debian $suite …"
  work=$(mktemp -d "$roots/.$suite.XXXXXX")
  mkdir -p "$work"/{lists,cache/archives}/partial
  update_from_a_mirror "$suite"
  download "$suite"
  unpack "$work/root"
  "$work/root/usr/bin/promtool" --version >/dev/null || fail "promtool of $suite does not run on this machine"
  mv --no-target-directory "$work/root" "$roots/$suite"
  rm -rf "$work"
}

mkdir -p "$roots"
# Two checkouts may share the folder: one fetches, the other waits and finds it done.
exec 9>"$roots/.lock"
flock 9
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT
for suite in "$@"; do
  if [[ ! -d $roots/$suite ]]; then
    keyring=$(find_keyring)
    fetch "$suite"
  fi
done
