#!/usr/bin/env bash
# Usage: pack-client.sh DIST OUTPUT VERSION
# Packs DIST/SYSTEM/ of every system into OUTPUT, with the bill of materials and krew's manifest. The same files give the
# same bytes: SOURCE_DATE_EPOCH is the time of everything. OSO_IMAGE_SOURCE is the web address of the sources.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
dist=$(realpath "$1") output=$(realpath "$2") version=$3
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../../docker/lib.sh
. docker/lib.sh

systems=(linux-amd64 linux-arm64 darwin-arm64 darwin-amd64 windows-amd64)
name=kubectl-oso_snapshot_$version
completion=kubectl_complete-oso_snapshot
source=${OSO_IMAGE_SOURCE:-$(find_source || true)}
source=${source%.git}

pack() {
  local system=$1 program=kubectl-oso_snapshot
  local archive=$output/${name}_${system/-/_} stage=$work/$system
  [[ $system != windows-* ]] || program+=.exe
  install -D --target-directory "$stage" "$dist/$system/$program" src/OsoSnapshotClient/$completion
  install --mode=644 --target-directory "$stage" LICENSE
  find "$stage" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
  if [[ $system == windows-* ]]; then
    (cd "$stage" && zip -q -9 -X "$archive.zip" LICENSE $completion "$program")
  else
    tar --create --format=ustar --owner=0 --group=0 --numeric-owner --directory "$stage" LICENSE $completion "$program" |
      gzip -9 --no-name >"$archive.tar.gz"
  fi
}

# Fills the template. A line "sha256:" gets the sum of the file that the line "uri:" above it names.
manifest() {
  local line file
  sed "/^#/d; s|VERSION|$version|g; s|URL|${source:-URL}|g" src/build/krew.yaml | while IFS= read -r line; do
    [[ $line != *uri:* ]] || file=$output/${line##*/}
    [[ $line != *sha256:* ]] || line=${line/SUM/$(sha256sum "$file" | cut -d ' ' -f 1)}
    printf '%s\n' "$line"
  done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for system in "${systems[@]}"; do
  pack "$system"
done
mkdir -p "$output/krew"
manifest >"$output/krew/oso-snapshot.yaml"
python3 src/build/client_sbom.py "$dist" "$version" >"$output/$name.cdx.json"
if [[ -z $source ]]; then
  echo "krew's manifest has the word URL: git's remote \"origin\" has no web address. Name one in OSO_IMAGE_SOURCE."
fi
