#!/usr/bin/env bash
# Usage: publish.sh [amd64|arm64]
# Compiles the agent for the architecture, by default this machine's, into dist/oso-snapshot; for the other architecture,
# into dist/linux-ARCHITECTURE/oso-snapshot. It installs the packages that it needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

machine=$(dpkg --print-architecture)
architecture=${1:-$machine}
case $architecture in
  amd64) rid=linux-x64 gnu=x86-64-linux-gnu objcopy=x86_64-linux-gnu-objcopy ;;
  arm64) rid=linux-arm64 gnu=aarch64-linux-gnu objcopy=aarch64-linux-gnu-objcopy ;;
  *)
    echo "The agent can't be compiled for $architecture, only for amd64 and arm64." >&2
    exit 1
    ;;
esac

output=dist
options=()
if [[ $architecture == "$machine" ]]; then
  src/build/install-packages.sh clang zlib1g-dev libssl3
else
  src/build/install-packages.sh clang lld "gcc-$gnu" "libc6-dev-$architecture-cross"
  output=dist/linux-$architecture
  options=(-p:LinkerFlavor=lld "-p:ObjCopyName=$objcopy")
fi
project=src/OsoSnapshotAgent
published=$project/bin/publish-$rid
dotnet publish "$project" --configuration Release --runtime "$rid" --output "$published" --nologo -v quiet "${options[@]}"
# dist/ gets only what is delivered, without the debug symbols and the documentation file.
install -D "$published/oso-snapshot" "$output/oso-snapshot"
echo "$output/oso-snapshot: $(stat -c %s "$output/oso-snapshot") bytes, $rid"
