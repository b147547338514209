#!/usr/bin/env bash
# Makes dist/release/: see RELEASE.md. It publishes nothing.
set -euo pipefail
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

output=$PWD/dist/release
version=$(dotnet msbuild src/OsoSnapshotClient -getProperty:Version)

rm -rf "$output"
mkdir -p "$output"
src/build/client.sh
src/build/pack-client.sh dist "$output" "$version"
docker/release-images.sh "$output" "$version"
cd "$output"
sums=$(find . -maxdepth 1 -type f -printf "%P\n" | LC_ALL=C sort | xargs sha256sum)
echo "$sums" >SHA256SUMS
cat SHA256SUMS
