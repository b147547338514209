#!/usr/bin/env bash
# Makes the operator's client in dist/: a file for linux-x64, a file for win-x64, and a tool package for other systems.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

project=src/OsoSnapshotClient
max_bytes=25000000
mkdir -p dist

for target in linux-x64:kubectl-oso_snapshot win-x64:kubectl-oso_snapshot.exe; do
  rid=${target%%:*} name=${target#*:}
  output=$project/bin/publish-$rid
  # The restore is locked, because one for a single system would rewrite the lock files.
  dotnet publish "$project" --configuration Release --runtime "$rid" --output "$output" --nologo -v quiet -p:RestoreLockedMode=true
  size=$(stat -c %s "$output/$name")
  if ((size > max_bytes)); then
    echo "$output/$name has $size bytes; the maximum is $max_bytes." >&2
    exit 1
  fi
  install "$output/$name" "dist/$name"
  echo "dist/$name: $size bytes, $rid"
done

install $project/kubectl_complete-oso_snapshot dist/

rm -f dist/kubectl-oso_snapshot.*.nupkg
# Without runtime identifiers, pack makes one package for all systems, not one for each. That needs its own lock file.
dotnet pack "$project" --configuration Release --output dist --nologo -v quiet \
  -p:RuntimeIdentifiers= -p:NuGetLockFilePath=obj/tool-package.lock.json
ls dist/*.nupkg
