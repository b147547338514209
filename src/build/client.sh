#!/usr/bin/env bash
# Usage: client.sh [SYSTEM…]
# Makes the operator's client in dist/SYSTEM/ for each SYSTEM, or for all of them. This machine's is in dist/ too.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

all=(linux-amd64 linux-arm64 darwin-arm64 darwin-amd64 windows-amd64)
project=src/OsoSnapshotClient
max_bytes=30000000
own=linux-$(dpkg --print-architecture)

# Prints the arguments with which Native AOT links for another glibc, or another architecture, than this machine's.
linker_arguments() {
  local architecture=$1 target sysroot object
  case $architecture in
    amd64) target=x86_64-linux-gnu ;;
    arm64) target=aarch64-linux-gnu ;;
  esac
  sysroot=$(src/build/fetch-sysroot.sh "$architecture")
  object=$PWD/$project/obj/glibc-$architecture.o
  clang --target="$target" --sysroot="$sysroot" -O2 -c src/build/glibc.c -o "$object"
  printf '%s\n' "-p:SysRoot=$sysroot" -p:LinkerFlavor=lld "-p:OldMath=$object"
}

make() {
  local system=$1 rid name=kubectl-oso_snapshot output size arguments=()
  case $system in
    linux-*) rid=linux-${system#*-} ;;
    darwin-*) rid=osx-${system#*-} ;;
    windows-*) rid=win-${system#*-} name+=.exe ;;
  esac
  rid=${rid/amd64/x64}
  output=$project/bin/publish-$rid
  if [[ $system == linux-* ]]; then
    mkdir -p $project/obj
    mapfile -t arguments < <(linker_arguments "${system#*-}")
  fi
  # The restore is locked, because one for a single system would rewrite the lock file.
  dotnet publish $project --configuration Release --runtime "$rid" --output "$output" --nologo -v quiet \
    -p:RestoreLockedMode=true "${arguments[@]}"
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
[[ " $* " != *" $own "* ]] || install "dist/$own/kubectl-oso_snapshot" dist/
install $project/kubectl_complete-oso_snapshot dist/
