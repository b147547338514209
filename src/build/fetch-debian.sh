#!/usr/bin/env bash
# Usage: fetch-debian.sh [--architecture ARCHITECTURE] [--with-dependencies] SUITE DIRECTORY PACKAGE…
# Unpacks packages of a Debian suite into the new DIRECTORY, without their dependencies unless --with-dependencies is
# given. If SUITE is "this", they are those of this machine's release with its updates, also on Ubuntu. A PACKAGE that
# ends with ? is left out if the suite does not have it. The packages are not installed: no service starts, and packages
# of several suites can exist side by side. DIRECTORY gets a database that
# "dpkg-query --admindir=DIRECTORY/var/lib/dpkg" reads.
set -euo pipefail

fail() {
  echo "fetch-debian: $*" >&2
  exit 1
}

find_keyring() {
  local distribution=$1 extension
  for extension in gpg pgp; do
    if [[ -f /usr/share/keyrings/$distribution-archive-keyring.$extension ]]; then
      echo "/usr/share/keyrings/$distribution-archive-keyring.$extension"
      return
    fi
  done
  fail "there is no keyring of $distribution; install the package $distribution-archive-keyring"
}

# Prints the address and the suite of every archive that this machine's apt knows.
archives() {
  apt-get update --print-uris | sed -nE "s|^'(.*)/dists/([^/']+)/InRelease'.*|\1 \2|p"
}

# Prints every address. Only Debian's passes the check of its signature later.
mirrors() {
  if [[ -n ${OSO_DEBIAN_MIRROR:-} ]]; then
    echo "$OSO_DEBIAN_MIRROR"
  else
    archives | awk '!seen[$1]++ { print $1 }'
  fi
}

# Ubuntu has amd64 at one address, and every other architecture at another one.
to_ubuntus_address() {
  if [[ $architecture == amd64 ]]; then
    sed -E 's|https?://ports\.ubuntu\.com/ubuntu-ports|http://archive.ubuntu.com/ubuntu|'
  else
    sed -E 's|https?://([a-z.]*archive\|security)\.ubuntu\.com/ubuntu/?|http://ports.ubuntu.com/ubuntu-ports|'
  fi
}

# Prints apt's sources for this machine's release: "bookworm", "bookworm-updates", "bookworm-security".
sources_of_this_release() {
  archives | awk -v suite="$codename" -v keyring="$(find_keyring "$ID")" \
    '$2 == suite || index($2, suite "-") == 1 { print "deb [signed-by=" keyring "] " $1 " " $2 " main" }' |
    if [[ $ID == ubuntu ]]; then to_ubuntus_address | sed 's|$| universe|'; else cat; fi
}

# Runs apt with its own lists and archives in $work, and without the list of installed packages, so all dependencies are
# missing to it. It checks signatures. It accepts expired lists, because a mirror of the testing suite may lag by more
# than their week.
private_apt() {
  apt-get -qq \
    -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
    -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::State::Status="$work/status" -o Dir::Cache="$work/cache" \
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o APT::Update::Error-Mode=any \
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

update_this_release() {
  sources_of_this_release >"$work/sources.list"
  private_apt update || fail "apt's sources serve no $architecture packages of $codename"
  if [[ -n ${APT_SNAPSHOT:-} ]]; then
    # As in install-packages.sh: from the update above, apt knows the mirror's snapshot server.
    snapshot=(--snapshot "$APT_SNAPSHOT")
    private_apt "${snapshot[@]}" update
  fi
}

update_from_a_mirror() {
  local suite=$1 mirror keyring
  keyring=$(find_keyring debian)
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

# Downloads the chosen packages to $work.
download() {
  if [[ -n $with_dependencies ]]; then
    private_apt "${snapshot[@]}" --yes --download-only -o APT::Install-Recommends=false \
      -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null install "${packages[@]}" >/dev/null &&
      mv "$work"/cache/archives/*.deb "$work"
  else
    (cd "$work" && private_apt "${snapshot[@]}" download "${packages[@]}")
  fi
}

# record PACKAGE-FILE: adds the package to the database. dpkg's names of lists depend on the field Multi-Arch.
record() {
  local database=$root/var/lib/dpkg name
  name=$(dpkg-deb --field "$1" Package)
  if [[ $(dpkg-deb --field "$1" Multi-Arch) == same ]]; then
    name+=:$architecture
  fi
  mkdir -p "$database/info"
  echo 1 >"$database/info/format"
  { dpkg-deb --field "$1"; printf 'Status: install ok installed\n\n'; } >>"$database/status"
  dpkg-deb --fsys-tarfile "$1" | tar --list | sed -E 's|^\.||; s|^/$|/.|; s|(.)/$|\1|' >"$database/info/$name.list"
}

unpack() {
  local package directory link
  # Newer packages have everything below /usr and expect these links, so the links are made first.
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  for directory in bin sbin lib lib64; do
    ln -s "usr/$directory" "$root/$directory"
  done
  for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" --keep-directory-symlink --no-same-owner
    record "$package"
  done
  # An absolute link would lead out of the directory.
  find "$root" -type l -lname '/*' -printf '%p %l\n' | while read -r link target; do
    ln --symbolic --force --no-dereference --relative "$root$target" "$link"
  done
}

architecture=$(dpkg --print-architecture)
if [[ $1 == --architecture ]]; then
  architecture=$2
  shift 2
fi
with_dependencies=
if [[ $1 == --with-dependencies ]]; then
  with_dependencies=yes
  shift
fi
suite=$1 root=$2
shift 2
packages=()
snapshot=()
# shellcheck source=/dev/null
. /etc/os-release
codename=${VERSION_CODENAME:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists,cache/archives}/partial
: >"$work/status"
if [[ $suite == this ]]; then update_this_release; else update_from_a_mirror "$suite"; fi
choose "$@"
download || fail "could not download ${packages[*]} of $suite"
unpack
