#!/usr/bin/env bash
# Usage: client.sh [SYSTEM…]
# Makes the operator's client in dist/SYSTEM/ for each SYSTEM, or for all of them. This machine's is in dist/ too. It
# installs the packages that it needs.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../../docker/lib.sh
. docker/lib.sh

all=(linux-amd64 linux-arm64 darwin-arm64 darwin-amd64 windows-amd64)
project=src/OsoSnapshotClient
max_bytes=38000000
arguments=()

# link_with_bullseye ARCHITECTURE: sets the arguments of Native AOT. A program starts only where glibc is as new as the
# one that it was linked with, so that is not this machine's.
link_with_bullseye() {
  local architecture=$1 target sysroot object
  case $architecture in
    amd64) target=x86_64-linux-gnu ;;
    arm64) target=aarch64-linux-gnu ;;
  esac
  src/build/install-packages.sh clang debian-archive-keyring lld
  sysroot=$packages/sysroot-$architecture
  # libssl1.1 is for the tests: .NET opens it at run time.
  fetch_once "$sysroot" bullseye libc6 libc6-dev linux-libc-dev libgcc-10-dev libgcc-s1 libssl1.1
  object=$PWD/$project/obj/glibc-$architecture.o
  mkdir -p "$project/obj"
  clang --target="$target" --sysroot="$sysroot" -O2 -c src/build/glibc.c -o "$object"
  arguments=("-p:SysRoot=$sysroot" -p:LinkerFlavor=lld "-p:OldMath=$object")
}

make() {
  local system=$1 rid name=kubectl-oso_snapshot output size
  case $system in
    linux-*) rid=linux-${system#*-} ;;
    darwin-*) rid=osx-${system#*-} ;;
    windows-*) rid=win-${system#*-} name+=.exe ;;
  esac
  rid=${rid/amd64/x64}
  output=$project/bin/publish-$rid
  arguments=()
  [[ $system != linux-* ]] || link_with_bullseye "${system#*-}"
  # The restore is locked, because one for a single system would rewrite the lock file. The analyzers run in the build of
  # the tests.
  dotnet publish $project --configuration Release --runtime "$rid" --output "$output" --nologo -v quiet \
    -p:RestoreLockedMode=true -p:RunAnalyzers=false "${arguments[@]}"
  size=$(stat -c %s "$output/$name")
  if ((size > max_bytes)); then
    echo "$output/$name has $size bytes; the maximum is $max_bytes." >&2
    exit 1
  fi
  install -D "$output/$name" "dist/$system/$name"
  echo "dist/$system/$name: $size bytes"
}

(($# > 0)) || set -- "${all[@]}"
for system in "$@"; do
  make "$system"
done

[[ " $* " != *" linux-$machine "* ]] || install "dist/linux-$machine/kubectl-oso_snapshot" dist/
install $project/kubectl_complete-oso_snapshot dist/
